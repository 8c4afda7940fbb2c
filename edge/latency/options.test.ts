import { expect, it } from 'vitest'
import { latencyOptionsSchema } from './options.ts'

it('has defaults for everything', () => {
  expect(latencyOptionsSchema.parse({})).toEqual({
    enabled: true,
    port: 443,
    intervalSeconds: 30,
    timeoutMs: 2_000,
    parallelMax: 32,
  })
})

it.each([
  { enabled: false },
  { port: 1 },
  { port: 65_535 },
  { intervalSeconds: 5 },
  { intervalSeconds: 3_600 },
  { timeoutMs: 50 },
  { timeoutMs: 10_000 },
  { parallelMax: 1 },
  { parallelMax: 1_024 },
])('takes %j', (options) => {
  expect(latencyOptionsSchema.parse(options)).toMatchObject(options)
})

it.each([
  { key: 'enabled', options: { enabled: 'yes' } },
  { key: 'port', options: { port: 0 } },
  { key: 'port', options: { port: 65_536 } },
  { key: 'intervalSeconds', options: { intervalSeconds: 4 } },
  { key: 'intervalSeconds', options: { intervalSeconds: 3_601 } },
  { key: 'intervalSeconds', options: { intervalSeconds: 7.5 } },
  { key: 'timeoutMs', options: { timeoutMs: 49 } },
  { key: 'timeoutMs', options: { timeoutMs: 10_001 } },
  { key: 'parallelMax', options: { parallelMax: 0 } },
  { key: 'parallelMax', options: { parallelMax: 1_025 } },
  { key: '', options: { other: 1 } },
])('refuses $options: $key', ({ key, options }) => {
  const { error } = latencyOptionsSchema.safeParse(options)
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([key])
})
