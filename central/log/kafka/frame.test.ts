import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  APPEND_PARTS_MAX,
  encodeAppend,
  encodeGenesis,
  parseFrame,
  TOPIC_RECORD_MAX_BYTES,
} from './frame.ts'

const LOG_ID = '0123456789abcdef0123456789abcdef'
const HASH = 'f'.repeat(64)
const head = { author: '0123456789abcdef', append: 7, version: 41, hash: HASH }

function text(value: object | string, body = ''): Buffer {
  return Buffer.from(`${typeof value === 'string' ? value : JSON.stringify(value)}\n${body}`)
}

describe('a record of the topic', () => {
  test('that begins the log is read back', () => {
    expect(parseFrame(encodeGenesis(LOG_ID))).toEqual({
      ok: true,
      frame: { kind: 'genesis', logId: LOG_ID },
    })
  })

  test('with an append holds its payloads as they are, one a line', () => {
    const [record, ...rest] = encodeAppend(head, ['{"a":"ü"}', '{"b":2}']) ?? []
    expect(rest).toEqual([])
    const body = Buffer.from('{"a":"ü"}\n{"b":2}')
    expect(parseFrame(record ?? null)).toEqual({
      ok: true,
      frame: { kind: 'part', head, part: 0, parts: 1, body },
    })
  })

  test('fits what Kafka takes by default, however long the append is', () => {
    const payload = JSON.stringify('東'.repeat(1_000_000))
    const records = encodeAppend(head, [payload]) ?? []
    expect(records).toHaveLength(4)
    for (const record of records) expect(record.length).toBeLessThan(1_048_588 - 1_000)
    const bodies = records.map((record) => {
      const parsed = parseFrame(record)
      return parsed.ok && parsed.frame.kind === 'part' ? parsed.frame.body : Buffer.alloc(0)
    })
    expect(Buffer.concat(bodies).toString()).toBe(payload)
  })

  test('is not made of an append of too many parts', () => {
    const payload = 'x'.repeat(APPEND_PARTS_MAX * 1_000_000)
    expect(encodeAppend(head, [payload])?.length).toBe(APPEND_PARTS_MAX)
    expect(encodeAppend(head, [payload, 'x'])).toBeUndefined()
  })
})

describe('what is no record of ours', () => {
  const part = { meridian: 1, ...head, part: 0, parts: 1 }
  test.for<[string, Buffer | null, string]>([
    ['no value', null, 'no value'],
    ['an empty value', Buffer.alloc(0), 'does not end'],
    ['a line that is not JSON', text('hello'), 'not JSON'],
    ['a line without end', Buffer.from('{"meridian":1'), 'does not end'],
    ['a line that is too long', text({ meridian: 1, genesis: 'x'.repeat(600) }), 'does not end'],
    ['JSON of somebody else', text({ name: 'ns.example' }), 'not that of Meridian'],
    ['JSON that is no object', text('null'), 'not that of Meridian'],
    ['a format that never was', text({ meridian: 0, genesis: LOG_ID }), 'lacks a field'],
    ['a log id that is none', text({ meridian: 1, genesis: 'X' }), 'lacks a field'],
    ['a begin with a body', text({ meridian: 1, genesis: LOG_ID }, 'x'), 'lacks a field'],
    ['an append without its author', text({ ...part, author: undefined }), 'lacks a field'],
    ['a hash that is none', text({ ...part, hash: 'abc' }), 'lacks a field'],
    ['a version below 0', text({ ...part, version: -1 }), 'lacks a field'],
    ['a part beyond the last', text({ ...part, part: 1 }), 'lacks a field'],
    ['too many parts', text({ ...part, parts: APPEND_PARTS_MAX + 1 }), 'lacks a field'],
    ['an oversized value', Buffer.alloc(TOPIC_RECORD_MAX_BYTES + 1), 'are looked at'],
  ])('%s', ([, value, reason]) => {
    const parsed = parseFrame(value)
    expect(parsed).toMatchObject({ ok: false, isNewer: false })
    expect(parsed.ok ? '' : parsed.reason).toContain(reason)
  })

  test('a greater format is of newer software', () => {
    expect(parseFrame(text({ meridian: 2 }))).toEqual({
      ok: false,
      isNewer: true,
      reason: 'its format is 2, this software reads up to 1',
    })
  })

  test('any octets are refused or read, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(parseFrame(Buffer.from(octets))).toHaveProperty('ok')
      }),
      { numRuns: 500 },
    )
  })
})
