import { defineConfig } from 'vitest/config'

/** For `npm run test:integrations`. Apart from `npm test`, since it installs 3.6 GB of other people's programs the first time. */
export default defineConfig({
  test: {
    include: ['tests/integrations/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/global-setup.ts', 'tests/integrations/start-programs.ts'],
    // They share one Directus.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['verbose', './tests/summary-reporter.ts'],
  },
})
