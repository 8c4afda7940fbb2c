import { expect, it } from 'vitest'
import { healthOptionsSchema } from './options.ts'

it('has defaults for everything', () => {
  expect(healthOptionsSchema.parse({})).toEqual({ probesMax: 256, commands: {} })
})

it.each([
  { probesMax: 1 },
  { probesMax: 4_096 },
  { commands: { disk: ['check-disk', '--quick'] } },
])('takes %j', (options) => {
  expect(healthOptionsSchema.parse(options)).toMatchObject(options)
})

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `x${i}`)

it.each([
  { key: 'probesMax', options: { probesMax: 0 } },
  { key: 'probesMax', options: { probesMax: 4_097 } },
  { key: 'probesMax', options: { probesMax: 1.5 } },
  { key: 'commands.disk', options: { commands: { disk: [] } } },
  { key: 'commands.disk', options: { commands: { disk: 'check-disk' } } },
  { key: 'commands.disk.0', options: { commands: { disk: [''] } } },
  { key: 'commands.disk', options: { commands: { disk: many(65) } } },
  { key: 'commands.disk.0', options: { commands: { disk: ['x'.repeat(1_001)] } } },
  {
    key: 'commands',
    options: { commands: Object.fromEntries(many(65).map((name) => [name, ['true']])) },
  },
  { key: '', options: { other: 1 } },
])('refuses a wrong $key', ({ key, options }) => {
  const { error } = healthOptionsSchema.safeParse(options)
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([key])
})
