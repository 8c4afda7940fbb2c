import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WantedChange } from './form.ts'
import { KEY_MAX_BYTES, keyText, readMessage, VALUE_MAX_BYTES } from './form.ts'
import { rawMessage, streamRecord } from './messages.fixture.ts'

const isTaken = (name: string): boolean => name === 'example.' || name.endsWith('.example.')

function read(key: string | null, value: unknown): WantedChange {
  return readMessage(rawMessage(key, value), isTaken)
}

const a = (content = '192.0.2.1', rest = {}): object =>
  streamRecord('www.example.', 'A', content, rest)
const rrset = { name: 'www.example.', type: 'A', ttl: 300, rdata: ['192.0.2.1'] }

describe('a message with records', () => {
  it.each([
    ['an object', 'www.example.|A', a(), rrset],
    ['a list', 'www.example.|A', [a()], rrset],
    [
      'a list of two',
      'www.example.|A',
      [a('192.0.2.2'), a()],
      { ...rrset, rdata: ['192.0.2.1', '192.0.2.2'] },
    ],
    ['a key without the last dot', 'www.example|A', a(), rrset],
    ['a key in another case', 'WWW.Example.|a', a(), rrset],
    ['a name in another case', 'www.example.|A', a('192.0.2.1', { Name: 'WWW.Example' }), rrset],
    ['a type in another case', 'www.example.|A', a('192.0.2.1', { Type: 'a' }), rrset],
    ['unknown fields', 'www.example.|A', a('192.0.2.1', { Owner: { id: 1 } }), rrset],
    ['no priority', 'www.example.|A', a('192.0.2.1', { Priority: undefined }), rrset],
    ['no metadatas', 'www.example.|A', a('192.0.2.1', { Metadatas: undefined }), rrset],
    // RFC 2181 §5.2
    [
      'TTLs that differ',
      'www.example.|A',
      [a(), a('192.0.2.2', { Ttl: 60 })],
      {
        ...rrset,
        ttl: 60,
        rdata: ['192.0.2.1', '192.0.2.2'],
      },
    ],
    // RFC 2181 §5
    ['a record twice', 'www.example.|A', [a(), a()], rrset],
    [
      'a bar in the name',
      'a|b.example.|A',
      streamRecord('a|b.example', 'A', '192.0.2.1'),
      {
        ...rrset,
        name: 'a|b.example.',
      },
    ],
  ])('%s', (_what, key, value, wanted) => {
    expect(read(key, value)).toEqual({ kind: 'put', rrset: wanted })
  })
})

describe('a message without records is the end of the rrset', () => {
  it.each([
    ['no value', null],
    ['an empty value', ''],
    ['an empty list', []],
  ])('%s', (_what, value) => {
    expect(read('WWW.example|A', value)).toEqual({
      kind: 'delete',
      name: 'www.example.',
      type: 'A',
    })
  })
})

it('a name of other zones is let be, whatever its value', () => {
  expect(read('www.test.|A', 'no JSON')).toEqual({ kind: 'elsewhere' })
})

describe('a message that is no rrset says why', () => {
  const long = 'x'.repeat(KEY_MAX_BYTES)
  it.each([
    ['no key', null, a(), 'key-invalid', 'the message has no key'],
    ['a key without a bar', 'www.example.', a(), 'key-invalid', 'has no |'],
    ['a key with a bad name', 'www..example|A', a(), 'key-invalid', 'has an empty label'],
    ['a key without a type', 'www.example.|', a(), 'key-invalid', 'has no type such as MX'],
    ['a key that is too long', `${long}|A`, a(), 'key-invalid', 'at most 1100'],
    ['SOA', 'example.|SOA', null, 'type-impossible', 'is a field of the zone'],
    ['a type of questions', 'www.example.|TYPE255', a(), 'type-impossible', 'of questions only'],
    [
      'another name',
      'a.example.|A',
      a(),
      'key-mismatch',
      'Name "www.example." is not the a.example.',
    ],
    [
      'a bad name',
      'www.example.|A',
      a('192.0.2.1', { Name: 'a..b' }),
      'key-mismatch',
      'Name "a..b"',
    ],
    ['another type', 'www.example.|AAAA', a(), 'key-mismatch', 'Type "A" is not the AAAA'],
    ['text', 'www.example.|A', 'hello', 'value-invalid', 'the value is not JSON'],
    ['null', 'www.example.|A', 'null', 'value-invalid', 'the value is "null", a record'],
    ['a number', 'www.example.|A', '7', 'value-invalid', 'no value at all is wanted'],
    [
      'a list in a list',
      'www.example.|A',
      [[]],
      'value-invalid',
      '[0] an empty list is not a mapping',
    ],
    [
      'no TTL',
      'www.example.|A',
      a('192.0.2.1', { Ttl: undefined }),
      'value-invalid',
      'Ttl is missing',
    ],
    [
      'a TTL of 2^31',
      'www.example.|A',
      a('192.0.2.1', { Ttl: 2 ** 31 }),
      'value-invalid',
      '0..2147483647',
    ],
    ['a TTL below 0', 'www.example.|A', a('192.0.2.1', { Ttl: -1 }), 'value-invalid', 'Ttl -1'],
    [
      'a priority of 65536',
      'www.example.|A',
      a('192.0.2.1', { Priority: 65536 }),
      'value-invalid',
      'Priority',
    ],
    ['a bad address', 'www.example.|A', a('192.0.2.256'), 'record-invalid', '"192.0.2.256"'],
    [
      'an address that is a name',
      'www.example.|A',
      a('example.'),
      'record-invalid',
      'is not an IPv4',
    ],
    ['1,001 records', 'www.example.|A', Array(1_001).fill(a()), 'value-invalid', '1000'],
    [
      'a value that is too long',
      'www.example.|A',
      ' '.repeat(VALUE_MAX_BYTES + 1),
      'value-oversized',
      'at most 1048576',
    ],
  ])('%s', (_what, key, value, reason, detail) => {
    const found = read(key, value)
    expect(found).toMatchObject({ kind: 'bad', reason })
    expect(found.kind === 'bad' ? found.detail : '').toContain(detail)
  })

  it('a value that is not UTF-8', () => {
    const value = Buffer.from([0x22, 0xff, 0x22])
    const found = readMessage({ key: Buffer.from('www.example.|A'), value }, isTaken)
    expect(found).toMatchObject({ reason: 'value-invalid', detail: 'the value is not UTF-8' })
  })
})

it('any octets are read in some way, and what is shown of them is one short line', () => {
  const octets = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
  const key = fc.oneof(octets, fc.constant(Buffer.from('www.example.|A')), fc.constant(null))
  fc.assert(
    fc.property(
      key,
      fc.oneof(
        octets,
        fc.json().map((text) => Buffer.from(text)),
      ),
      (key, value) => {
        const found = readMessage({ key, value }, isTaken)
        const shown = found.kind === 'bad' ? [found.detail, keyText(key)] : [keyText(key)]
        for (const text of shown) {
          expect(text.length).toBeLessThanOrEqual(300)
          expect(text).not.toMatch(/\p{Cc}/u)
        }
      },
    ),
    { numRuns: 500 },
  )
})
