import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What starts whole shops takes longest and comes first, so that no core rests at the end while the other still has minutes to do. */
class WholeShopsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isOfShops = ({ moduleId }: TestSpecification) => Number(moduleId.includes('/tests/'))
    // oxlint-disable-next-line unicorn/no-array-sort -- it sorts test files into a new list
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => isOfShops(b) - isOfShops(a))
  }
}

export default defineConfig({
  test: {
    include: ['{packages,services,tests}/**/*.test.ts'],
    // The integrations need programs that are installed apart from ours: see tests/integrations.
    exclude: ['**/node_modules/**', 'tests/integrations/**'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    pool: 'forks',
    // Two at a time: the files share the machine's cores with the PostgreSQL they test against.
    maxWorkers: 2,
    sequence: { sequencer: WholeShopsFirst },
    // For what hangs. A test ends when what it waits for has come, on a machine five times slower as well: see testkit's patience.ts.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    reporters: ['default', './tests/summary-reporter.ts'],
  },
})
