import { describe, expect, it } from 'vitest'
import { checkValue } from '../../shared/config/check.ts'
import { formatMistake } from '../../shared/config/mistakes.ts'
import { sourcesSchema } from './options.ts'

const source = {
  kind: 'kafka',
  name: 'dns',
  topic: 'records',
  brokers: ['127.0.0.1:9092'],
  zones: ['example', 'Example.ORG.'],
}

function mistakesIn(sources: unknown): string {
  const checked = checkValue(sourcesSchema, sources, 'central.yaml')
  return checked.ok ? '' : checked.mistakes.map(formatMistake).join('\n')
}

it('a source needs a name, brokers, a topic and zones; the rest has defaults', () => {
  expect(sourcesSchema.parse([source])).toEqual([
    {
      kind: 'kafka',
      name: 'dns',
      topic: 'records',
      cnameReplaces: true,
      brokers: [{ host: '127.0.0.1', port: 9092 }],
      zones: ['example.', 'example.org.'],
      clientId: 'meridian-central',
      requestTimeoutMs: 5_000,
      insecure: false,
    },
  ])
})

describe('is refused', () => {
  it.each([
    ['another kind', { kind: 'pulsar' }, 'kind'],
    ['a name in capitals', { name: 'DNS' }, 'is not an id'],
    ['a topic with a blank', { topic: 'a b' }, 'is not a name of 1 to 249 letters'],
    ['no zones', { zones: [] }, 'zones'],
    ['a broker without a port', { brokers: ['127.0.0.1'] }, 'is not a host and port'],
    ['plaintext to another machine', { brokers: ['kafka.example:9092'] }, 'tls is wanted'],
    ['a key that is unknown', { group: 'a' }, 'group'],
  ])('%s', (_what, rest, said) => {
    expect(mistakesIn([{ ...source, ...rest }])).toContain(said)
  })

  it('a name that two sources have', () => {
    expect(mistakesIn([source, { ...source, topic: 'others' }])).toContain('holds one name twice')
  })
})
