import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** `npm run test:dgram`: real edges once more, with node:dgram in place of data threads. */
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/{e2e,conformance}/**/*.test.ts'],
    env: { TEST_LISTEN_THREADS: '0' },
  },
})
