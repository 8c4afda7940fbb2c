import { defineConfig } from 'vitest/config'

/** `npm test`: everything that needs nothing but npm. */
export default defineConfig({
  test: {
    include: [
      '{shared,edge,central,cli,bench}/**/*.test.ts',
      'test/{house,e2e,conformance,property,world}/**/*.test.ts',
    ],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
