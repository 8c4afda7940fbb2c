import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/**
 * `npm run test:dgram`: with node:dgram in place of data threads, what a client of an edge sees once
 * more. Tests that look at other things, or choose the kind of socket themselves, are left out.
 */
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/conformance/**/*.test.ts', 'test/e2e/{steering,stop}.test.ts'],
    env: { TEST_LISTEN_THREADS: '0' },
  },
})
