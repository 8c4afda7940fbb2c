import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { FrameReader, MESSAGE_MAX_BYTES, frameMessage } from './framing.ts'

/** Pushes the chunks one by one, taking all whole messages after each. */
function readAll(reader: FrameReader, chunks: readonly Buffer[]): Buffer[] {
  const messages: Buffer[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let message = reader.next(); message !== undefined; message = reader.next()) {
      messages.push(message)
    }
  }
  return messages
}

test('the length stands before the message in two octets, high one first (RFC 1035 §4.2.2)', () => {
  const message = Buffer.alloc(0x0102, 7)
  const framed = frameMessage(message)
  expect([...framed.subarray(0, 2)]).toEqual([1, 2])
  expect(framed.subarray(2)).toEqual(message)
})

test('a message that two octets cannot count is refused', () => {
  expect(frameMessage(Buffer.alloc(MESSAGE_MAX_BYTES)).length).toBe(MESSAGE_MAX_BYTES + 2)
  expect(() => frameMessage(Buffer.alloc(MESSAGE_MAX_BYTES + 1))).toThrow(
    'a message of 65536 octets, at most 65535',
  )
})

describe('a stream split at any octet gives the same messages', () => {
  const messages = [Buffer.from('first'), Buffer.from(''), Buffer.from('the third one')]
  const stream = Buffer.concat(messages.map(frameMessage))
  it.each(Array.from({ length: stream.length + 1 }, (_, at) => at))('at %i', (at) => {
    const reader = new FrameReader()
    const chunks = [stream.subarray(0, at), stream.subarray(at)].map((part) => Buffer.from(part))
    expect(readAll(reader, chunks)).toEqual(messages)
    expect(reader.pendingBytes).toBe(0)
  })
})

test('messages of any sizes in chunks of any sizes come out whole and stay unchanged', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 })
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(sizes, cuts, (sizes, cuts) => {
      const messages = sizes.map((size, i) => Buffer.alloc(size, i + 1))
      const stream = Buffer.concat(messages.map(frameMessage))
      const chunks: Buffer[] = []
      for (let off = 0, i = 0; off < stream.length; i++) {
        const end = off + (cuts[i % cuts.length] ?? 1)
        chunks.push(Buffer.from(stream.subarray(off, end)))
        off = end
      }
      expect(readAll(new FrameReader(), chunks)).toEqual(messages)
    }),
  )
})

test('what is begun is counted as pending, octet by octet', () => {
  const reader = new FrameReader()
  const stream = frameMessage(Buffer.alloc(3000, 9))
  for (let i = 0; i < stream.length - 1; i++) {
    reader.push(Buffer.from(stream.subarray(i, i + 1)))
    expect(reader.next()).toBeUndefined()
    expect(reader.pendingBytes).toBe(i + 1)
  }
  reader.push(Buffer.from(stream.subarray(stream.length - 1)))
  expect(reader.next()).toEqual(Buffer.alloc(3000, 9))
  expect(reader.pendingBytes).toBe(0)
})
