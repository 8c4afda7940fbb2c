import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keysOf, overridesOfEnvironment, variableOf } from './environment.ts'

const schema = z.strictObject({
  listen: z
    .strictObject({
      udp: z.strictObject({ maxClients: z.int().default(5) }).prefault({}),
      addresses: z.array(z.string()).default([]),
    })
    .prefault({}),
  name: z.string().transform((text) => text.toLowerCase()),
  log: z.union([z.literal('none'), z.strictObject({ level: z.enum(['info', 'warn']) })]).optional(),
  labels: z.record(z.string(), z.string()).optional(),
})

describe('the variables of a schema', () => {
  it('are the paths of its single values in capitals', () => {
    const { scalars, others } = keysOf(schema)
    expect([...scalars.keys()]).toEqual([
      'MERIDIAN_LISTEN_UDP_MAX_CLIENTS',
      'MERIDIAN_NAME',
      'MERIDIAN_LOG',
      'MERIDIAN_LOG_LEVEL',
    ])
    expect([...others.keys()]).toEqual(['MERIDIAN_LISTEN_ADDRESSES', 'MERIDIAN_LABELS'])
  })

  it('separate words where a capital begins one', () => {
    expect(variableOf(['central', 'maxRetrySeconds'])).toBe('MERIDIAN_CENTRAL_MAX_RETRY_SECONDS')
  })

  it('must not be the same for two keys', () => {
    const twice = z.object({ maxSize: z.int(), max: z.object({ size: z.int() }) })
    expect(() => keysOf(twice)).toThrow('maxSize and max.size are both MERIDIAN_MAX_SIZE')
  })
})

describe('overridesOfEnvironment', () => {
  const find = (env: Record<string, string>): ReturnType<typeof overridesOfEnvironment> => {
    return overridesOfEnvironment(keysOf(schema), env)
  }

  it('takes the variables of keys and leaves those of the command line and of others', () => {
    const { overrides, mistakes } = find({
      MERIDIAN_NAME: 'x',
      MERIDIAN_URL: 'http://127.0.0.1:1',
      MERIDIAN_TOKEN: 't',
      MERIDIAN_CONFIG: 'c',
      PATH: '/bin',
    })
    expect(mistakes).toEqual([])
    expect(overrides).toEqual([
      { key: { path: ['name'], isText: true }, text: 'x', from: 'MERIDIAN_NAME' },
    ])
  })

  it.each([
    ['MERIDIAN_NAM', 'fits no key of the configuration, did you mean `MERIDIAN_NAME`?'],
    ['MERIDIAN_SOMETHING_ELSE', 'fits no key of the configuration'],
    [
      'MERIDIAN_LISTEN_ADDRESSES',
      'names listen.addresses, but the environment sets single values only, no lists or mappings',
    ],
  ])('refuses %s', (variable, wanted) => {
    expect(find({ [variable]: 'x' })).toEqual({
      overrides: [],
      mistakes: [{ file: variable, path: '', wanted }],
    })
  })
})
