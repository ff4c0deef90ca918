import { readFileSync } from 'node:fs'
import { glob, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@kakilima/kit/config'
import { runCommand, temporaryFolder } from '@kakilima/testkit/shop'
import { afterAll, describe, expect, test } from 'vitest'
import { environmentOfOne, type Environment, readShop } from './config.ts'
import { loadServices } from './services.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const services = await loadServices()
const folder = await temporaryFolder()
afterAll(() => rm(folder, { recursive: true, force: true }))

const good: Environment = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://127.0.0.1:1/shop',
  KAKILIMA_DATA: folder,
  SERVICE_TOKEN: 'Vq3xZ8mTn5wLc2Rk7yHd4Gs9Jb6Pf1Ae',
  JWT_SECRETS: 'nB7uYt4Ew1Qz8Xc5Vm2Kj9Hg6Fd3Sa0L,Rk7yHd4Gs9Jb6Pf1AeVq3xZ8mTn5wLc2',
  ADMIN_PASSWORD: 'kuda benar baterai',
  PAYMENT_PROVIDER: 'manual',
}

/** What each command needs to be right, beside what all need. */
const needs: Record<string, string[]> = {
  up: ['ADMIN_PASSWORD', 'JWT_SECRETS', 'PAYMENT_PROVIDER', 'SERVICE_TOKEN'],
  user: ['ADMIN_PASSWORD', 'SERVICE_TOKEN'],
  inventory: ['SERVICE_TOKEN'],
  order: ['SERVICE_TOKEN'],
  payment: ['PAYMENT_PROVIDER', 'SERVICE_TOKEN'],
  gateway: ['JWT_SECRETS', 'SERVICE_TOKEN'],
}

/** What the command finds wrong with its settings. */
function faultsOf(command: string, env: Environment): string[] {
  try {
    if (command === 'up') readShop(services, env)
    else {
      const service = services.find(({ name }) => name === command)!
      service.readConfig(environmentOfOne(service, env))
    }
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

const examples = [
  'short',
  'x'.repeat(32),
  'abcdefghijklmnopqrstuvwxyz012345',
  '0123456789'.repeat(4),
  'a-token-of-32-characters-or-more',
  'change-me-change-me-or-be-sorry-1',
  'your-secret-of-thirty-two-letters',
]
/** Values that our own pages print, which is what people copy. */
async function printed(name: string): Promise<string[]> {
  const files = [
    'README.md',
    '.env.example',
    'docs/**/*.md',
    '{services,packages}/*/README.md',
    'packages/cli/src/**/*.ts',
  ]
  const values: string[] = []
  for await (const file of glob(files, { cwd: root })) {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    for (const [, value] of text.matchAll(new RegExp(`${name}=["']?([^\\s"'\`$]+)`, 'g'))) values.push(value!)
  }
  return values
}

const weak: Record<string, (string | undefined)[]> = {
  SERVICE_TOKEN: [undefined, '', ...examples, ...(await printed('SERVICE_TOKEN'))],
  JWT_SECRETS: [
    undefined,
    '',
    ',',
    ...examples,
    ...(await printed('JWT_SECRETS')),
    // One that is right does not make up for another.
    ...examples.map((secret) => `${good.JWT_SECRETS},${secret}`),
    good.SERVICE_TOKEN,
  ],
  // Without one a password is made up.
  ADMIN_PASSWORD: [
    'short',
    'eleven-char',
    'x'.repeat(12),
    'abcdefghijkl',
    'admin-password',
    ...(await printed('ADMIN_PASSWORD')),
  ],
  PAYMENT_PROVIDER: [undefined, '', 'simulator'],
}

describe.each(Object.entries(needs))('in production %s', (command, variables) => {
  test('starts with settings that are right', () => {
    expect(faultsOf(command, good)).toEqual([])
  })

  test.each(Object.entries(weak))(
    'refuses every %s that is missing, short or an example, if it needs it',
    (name, values) => {
      for (const value of values) {
        const faults = faultsOf(command, { ...good, [name]: value })
        expect(faults, value).toHaveLength(variables.includes(name) ? 1 : 0)
        for (const fault of faults) {
          expect(fault).toMatch(new RegExp(`^${name} `))
          if (value !== undefined && value.length > 8 && value !== 'simulator') expect(fault).not.toContain(value)
        }
      }
    },
  )

  test('says all that is wrong at once, and ends', async () => {
    const wrong = {
      ...good,
      SERVICE_TOKEN: 'short',
      JWT_SECRETS: 'x'.repeat(32),
      ADMIN_PASSWORD: 'short',
      PAYMENT_PROVIDER: '',
    }
    const { code, output } = await runCommand(command === 'up' ? ['up'] : ['start', command], wrong)
    const told = output
      .trim()
      .split('\n')
      .map((line) => line.split(' ', 1)[0]!)
    expect(told.toSorted(), output).toEqual(variables)
    expect(code).toBe(1)
  })
})
