import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,services,tests}/**/*.test.ts'],
    // The integrations need programs that are installed apart from ours: see tests/integrations.
    exclude: ['**/node_modules/**', 'tests/integrations/**'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    pool: 'forks',
    // Two at a time: the files share the machine's cores with the PostgreSQL they test against.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './tests/summary-reporter.ts'],
  },
})
