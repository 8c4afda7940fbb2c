import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { manifestSchema, topologySchema } from '../registry/schema.ts'
import { jsonSchemaOf } from './json-schema.ts'

describe('jsonSchemaOf', () => {
  it('describes what a person writes: defaults may be absent, transforms have not run', () => {
    const schema = z.strictObject({
      port: z.int().min(1).default(53).describe('Port to listen on'),
      name: z.string().transform((text) => text.length),
    })
    expect(jsonSchemaOf(schema)).toMatchObject({
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        port: { type: 'integer', minimum: 1, default: 53, description: 'Port to listen on' },
        name: { type: 'string' },
      },
    })
  })

  it.each([
    ['manifest', manifestSchema, ['clusters', 'zones', 'networks', 'records', 'apps']],
    ['topology', topologySchema, ['clusters']],
  ])('describes a %s', (_, schema, keys) => {
    expect(Object.keys(jsonSchemaOf(schema).properties ?? {})).toEqual(keys)
  })
})
