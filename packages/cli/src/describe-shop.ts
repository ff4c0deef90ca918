import { needsToken } from '@kakilima/kit/config'
import type { FirstAdmin } from '@kakilima/user/accounts/ensure-first-admin'
import { type PlannedShop, userConfigOf } from './start-shop.ts'

/** What somebody who has just started the shop wants to see: what runs where, and what to try first. */
export function describeShop(
  { services, data, log }: PlannedShop,
  hasDemo: boolean,
  firstAdmin: FirstAdmin | undefined,
): string {
  const rows = services.map(({ service, url }) => [service.name, url, `${url}/docs`])
  const gateway = services.find(({ service }) => service.name === 'gateway')!.url
  const isOpen = !services.some(({ config }) => needsToken(config))
  return [
    'Kakilima runs. Ctrl-C stops it.',
    '',
    ...alignColumns([['service', 'address', 'documentation'], ...rows]),
    '',
    ...alignColumns([
      ['shop', gateway],
      ['desk', `${gateway}/admin`],
      ['data', data.folder],
      ['log', log.file],
      [
        'access',
        isOpen
          ? 'any program on this machine, without a token (LEGACY_OPEN_PORTS)'
          : 'with SERVICE_TOKEN, or the token of a staff session',
      ],
    ]),
    ...(data.moved === undefined ? [] : [`  The data are there because ${data.moved}.`]),
    ...(firstAdmin === undefined ? [] : describeAdmin(firstAdmin, userConfigOf(services).ADMIN_PASSWORD !== undefined)),
    '',
    'Try first:',
    ...firstCalls(Object.fromEntries(services.map(({ service, url }) => [service.name, url])), isOpen, hasDemo),
  ].join('\n')
}

function describeAdmin({ email, password }: FirstAdmin, isPasswordGiven: boolean): string[] {
  return [
    '',
    'The admin of this new shop, shown only now:',
    `  ${email}, ${isPasswordGiven ? 'with the password in ADMIN_PASSWORD' : `password ${password}`}`,
  ]
}

function firstCalls(urls: Record<string, string>, isOpen: boolean, hasDemo: boolean): string[] {
  const token = isOpen ? '' : ' -H "Authorization: Bearer $SERVICE_TOKEN"'
  const product = { name: 'Teh Melati', price: 12000, stock: 40 }
  return [
    hasDemo ? `'${urls.inventory}/products?limit=3'` : `${urls.inventory}/products --json '${JSON.stringify(product)}'`,
    `${urls.user}/users --json '{"name": "Budi", "phone": "0812 3456 7890"}'`,
    // User 1 is the admin.
    `${urls.order}/orders --json '{"user_id": 2, "product_id": 1, "quantity": 2}'`,
  ].map((call) => `  curl${token} ${call}`)
}

function alignColumns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
