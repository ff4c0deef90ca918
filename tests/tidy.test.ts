import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { check, rules } from './tidy/rules.ts'
import { readTree, treeOf } from './tidy/tree.ts'

const repository = readTree(fileURLToPath(new URL('..', import.meta.url)))

test('the rules see the repository', () => {
  const server = repository.sources.get('packages/kit/src/server.ts')
  expect(server?.code?.imports.map(({ specifier }) => specifier)).toContain('./doors.ts')
  expect(repository.paths).toContain('package.json')
})

test.each(rules)('the repository keeps the rule $name', (rule) => {
  expect(check(rule, repository)).toEqual([])
})

/** Small repositories whose last file breaks a rule once, with the line and a part of what is said. */
const broken: { rule: string; files: Record<string, string>; line: number; says: string }[] = [
  {
    rule: 'package-imports',
    files: { 'services/order/src/pay.ts': "\nimport { open } from '@kakilima/payment/open'" },
    line: 2,
    says: '@kakilima/payment/open',
  },
  {
    rule: 'package-imports',
    files: { 'packages/kit/src/a.ts': "export type { Order } from '@kakilima/order/order'" },
    line: 1,
    says: '@kakilima/order',
  },
  {
    rule: 'package-imports',
    files: { 'services/user/src/a.ts': "const queue = await import('@kakilima/queue/queue')" },
    line: 1,
    says: '@kakilima/queue',
  },
  {
    rule: 'package-imports',
    files: { 'services/order/src/a.ts': "type User = import('@kakilima/user/main').User" },
    line: 1,
    says: '@kakilima/user',
  },
  {
    rule: 'package-imports',
    files: { 'packages/cli/src/up.ts': "import { testDatabase } from '@kakilima/testkit/database-per-file'" },
    line: 1,
    says: 'testkit',
  },
  {
    rule: 'package-imports',
    files: { 'packages/new/src/a.ts': "import { problem } from '@kakilima/contracts/problems'" },
    line: 1,
    says: '@kakilima/contracts/problems',
  },
  {
    rule: 'package-imports',
    files: { 'packages/contracts/src/a.ts': "import { readFile } from 'node:fs/promises'" },
    line: 1,
    says: 'in contracts',
  },
  {
    rule: 'package-imports',
    files: {
      'web/shop/src/Cart.vue': "<template>a</template>\n<script setup>\nimport { a } from '@kakilima/kit/a'\n</script>",
    },
    line: 3,
    says: '@kakilima/kit/a',
  },
  {
    rule: 'relative-imports',
    files: { 'services/order/src/a.ts': "import { problem } from '../../../packages/contracts/src/problems.ts'" },
    line: 1,
    says: 'another package',
  },
  {
    rule: 'relative-imports',
    files: { 'tests/chaos/a.ts': "import '../../services/order/src/main.ts'" },
    line: 1,
    says: 'another package',
  },
  {
    rule: 'feature-imports',
    files: { 'services/inventory/src/stock/a.ts': "import { productRoutes } from '../products/routes.ts'" },
    line: 1,
    says: '../products/routes.ts',
  },
  {
    rule: 'noun-imports',
    files: { 'services/order/src/orders/order.ts': "import { sqlState } from '@kakilima/kit/database'" },
    line: 1,
    says: '@kakilima/kit/database',
  },
  {
    rule: 'noun-imports',
    files: {
      'services/order/src/orders/total.ts': "import { sql } from 'kysely'",
      'services/order/src/orders/order.ts': "\nimport { total } from './total.ts'",
    },
    line: 2,
    says: './total.ts, which imports kysely',
  },
  {
    rule: 'noun-purity',
    files: { 'services/inventory/src/stock/stock.ts': 'export const isOld = (at: number) => at < Date.now()' },
    line: 1,
    says: 'Date.now',
  },
  {
    rule: 'noun-purity',
    files: { 'services/catalog/src/categories/category.ts': 'export const today = () => new Date()' },
    line: 1,
    says: 'new Date()',
  },
  {
    rule: 'noun-purity',
    files: { 'services/user/src/addresses/address.ts': 'export const country = () => process.env.COUNTRY' },
    line: 1,
    says: 'process.env',
  },
  {
    rule: 'environment',
    files: { 'services/user/src/main.ts': '// process.env is read below\nconst port = process.env.PORT' },
    line: 2,
    says: 'process.env',
  },
  {
    rule: 'environment',
    files: { 'packages/kit/src/a.ts': "import { argv, env } from 'node:process'" },
    line: 1,
    says: 'env of node:process',
  },
  { rule: 'environment', files: { 'packages/kit/src/a.ts': 'const { env } = process' }, line: 1, says: 'process.env' },
  { rule: 'identifiers', files: { 'packages/kit/src/a.ts': 'class OrderManager {}' }, line: 1, says: 'OrderManager' },
  { rule: 'identifiers', files: { 'packages/kit/src/a.ts': 'const dateUtil = () => 1' }, line: 1, says: 'dateUtil' },
  { rule: 'identifiers', files: { 'packages/kit/src/a.ts': 'type Helpers = string' }, line: 1, says: 'Helpers' },
  { rule: 'identifiers', files: { 'packages/kit/src/a.ts': 'const lineQty = 1' }, line: 1, says: 'say quantity' },
  { rule: 'identifiers', files: { 'packages/kit/src/a.ts': 'a.isCancelled()' }, line: 1, says: 'say canceled' },
  {
    rule: 'identifiers',
    files: { 'services/order/migrations/0001_a.sql': 'create table a (\n  qty int\n);' },
    line: 2,
    says: 'say quantity',
  },
  { rule: 'file-names', files: { 'packages/kit/src/utils/a.ts': '' }, line: 1, says: 'utils in its path' },
  { rule: 'file-names', files: { 'packages/kit/src/date-helper.ts': '' }, line: 1, says: 'date-helper.ts' },
  { rule: 'file-names', files: { 'packages/kit/src/placeOrder.ts': '' }, line: 1, says: 'not kebab-case' },
  { rule: 'file-length', files: { 'packages/kit/src/a.ts': 'a()\n'.repeat(351) }, line: 351, says: '351 lines' },
  {
    rule: 'no-barrels',
    files: { 'packages/kit/src/index.ts': "import { a } from './a.ts'\nexport { a }\nexport * from './b.ts'" },
    line: 1,
    says: 'only passes on',
  },
  { rule: 'erasable', files: { 'packages/kit/src/a.ts': 'declare const enum State { open }' }, line: 1, says: 'State' },
  { rule: 'erasable', files: { 'packages/kit/src/a.ts': 'declare namespace Shop {}' }, line: 1, says: 'Shop' },
  { rule: 'open-tasks', files: { 'packages/kit/src/a.ts': 'a() // TODO later' }, line: 1, says: 'TODO later' },
  { rule: 'open-tasks', files: { 'packages/kit/src/a.ts': '/**\n * FIXME\n */' }, line: 2, says: 'FIXME' },
  { rule: 'open-tasks', files: { 'services/order/migrations/1.sql': '-- TODO index' }, line: 1, says: 'TODO index' },
  {
    rule: 'silenced-checks',
    files: { 'packages/kit/src/a.ts': '// eslint-disable-next-line no-empty\na()' },
    line: 1,
    says: 'without rule and reason',
  },
  {
    rule: 'silenced-checks',
    files: { 'packages/kit/src/a.ts': '/* oxlint-disable -- I know better */' },
    line: 1,
    says: 'without rule and reason',
  },
  { rule: 'silenced-checks', files: { 'packages/kit/src/a.ts': '// @ts-ignore for now' }, line: 1, says: '@ts-ignore' },
  {
    rule: 'silenced-checks',
    files: { 'packages/kit/src/a.ts': '// @ts-expect-error' },
    line: 1,
    says: '@ts-expect-error',
  },
  { rule: 'links', files: { 'README.md': 'a\n[style](docs/style.md#names)' }, line: 2, says: 'docs/style.md' },
  { rule: 'links', files: { 'docs/a.md': '![shape](/shape.png "The shape")' }, line: 1, says: '/shape.png' },
  { rule: 'links', files: { 'docs/a.md': '[shape]: ../shape.png' }, line: 1, says: '../shape.png' },
  { rule: 'links', files: { 'docs/a.md': '<img src="shape.png">' }, line: 1, says: 'shape.png' },
]

describe('each rule can fail', () => {
  test.each(broken)('$rule: $says', ({ rule: name, files, line, says }) => {
    const rule = rules.find((one) => one.name === name)!
    const tree = treeOf(files)
    const file = [...tree.sources.values()].at(-1)!
    expect(rule.find(file, tree)).toEqual([{ line, found: expect.stringContaining(says) }])
  })

  test('a fault is told with its place, its rule and the remedy', () => {
    const rule = rules.find((one) => one.name === 'open-tasks')!
    expect(check(rule, treeOf({ 'packages/kit/src/a.ts': 'a() // TODO later' }))).toEqual([
      `packages/kit/src/a.ts:1 breaks open-tasks: it leaves "TODO later" without an issue. ${rule.remedy}`,
    ])
  })

  test('there is an example for every rule', () => {
    expect(new Set(broken.map(({ rule }) => rule))).toEqual(new Set(rules.map(({ name }) => name)))
  })
})

/** What looks like a fault and is none. */
const kept: Record<string, string> = {
  'README.md': '[kit](packages/kit/) [site](https://kakilima.test/a) [below](#a) `[a](b.md)`\n```\n[a](b.md)\n```',
  'docs/a.md': '[readme](../README.md "Read me") [config](/packages/kit/src/config.ts?plain#L3)',
  'packages/contracts/src/order.ts': `import Type from 'typebox'\n${'Type.Null()\n'.repeat(400)}`,
  'packages/kit/src/config.ts': 'export const port = process.env.PORT // TODO #12: several ports',
  'packages/kit/src/logger.ts':
    "import { pino, type Logger } from 'pino'\nexport type { Logger }\nexport const a = pino()",
  'packages/cli/src/up.ts': "import { order } from '@kakilima/order/main'\nimport { env } from 'node:process'",
  'packages/cli/src/audit/audit.ts': "import { sql } from 'kysely'\nperformance.now()",
  'packages/testkit/src/a.ts': "declare module 'vitest' {}\n// @ts-expect-error the package has no types\nimport 'a'",
  'services/order/src/app.ts': "import { orderRoutes } from './orders/routes.ts'",
  'services/order/src/orders/order.ts':
    "import type { Db } from '@kakilima/kit/database'\nimport { line } from './line.ts'\nexport const at = (now: number) => new Date(now)",
  'services/order/src/orders/line.ts': "import { problem } from '@kakilima/contracts/problems'",
  'services/order/src/orders/place-order.ts':
    "import { sql } from 'kysely'\nimport { queue } from '@kakilima/queue/queue'\nDate.now()",
  'services/order/src/orders/order.db.test.ts': "import { testDatabase } from '@kakilima/testkit/database-per-file'",
  'services/order/src/orders/cancel.ts':
    '// oxlint-disable-next-line typescript/no-explicit-any -- the row is whatever the caller selected\ntype Row = any',
  'tests/e2e/buy.ts': "process.env.URL\nconst text = 'qty, enum, TODO, utils and // eslint-disable'",
}

test.each(rules)('what only looks like a fault keeps the rule $name', (rule) => {
  expect(check(rule, treeOf(kept))).toEqual([])
})
