import { defineConfig } from 'vitest/config'

/** `npm run test:interop`: real clients and peers, which must be installed. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
