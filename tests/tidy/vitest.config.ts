import { defineConfig } from 'vitest/config'

/** For `npm run check`, which must not wait for the database that the other tests need. `npm test` runs the same file. */
export default defineConfig({ test: { include: ['tests/tidy.test.ts'] } })
