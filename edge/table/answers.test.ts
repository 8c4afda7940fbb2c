import { describe, expect, it } from 'vitest'
import {
  CLASS_IN,
  EDE_STALE_ANSWER,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_NS,
} from '../../shared/dns/codes.ts'
import { decodeQuery } from '../query/decode.ts'
import { encodeAnswer } from '../query/encode.ts'
import type { Answer } from '../query/encode.ts'
import { Query } from '../query/query.ts'
import { encodeRecords } from '../query/records.ts'
import { copyOctets, edeWordOf } from './record-read.ts'
import { answerOf, blockOf, keyOf, look, openTable, wireOf } from './table-fixture.ts'

const one = Buffer.from('one')
const two = Buffer.from('another answer')

/** A plain query for a name. */
function queryFor(name: string, qtype: number): Buffer {
  const qname = wireOf(name)
  const out = Buffer.alloc(12 + qname.length + 4)
  out.writeUInt16BE(0x1234, 0)
  out.writeUInt16BE(1, 4)
  out.set(qname, 12)
  out.writeUInt16BE(qtype, 12 + qname.length)
  out.writeUInt16BE(CLASS_IN, 14 + qname.length)
  return out
}

describe('an answer in the table', () => {
  it('is found by its key, whatever the case of the qname', () => {
    const { writer, reader } = openTable()
    expect(look(reader, keyOf('app.example'))).toBeUndefined()
    expect(writer.put(keyOf('App.Example'), answerOf(one))).toBe(true)
    expect(look(reader, keyOf('aPP.exAMPLE'))).toEqual(one)
    expect(look(reader, keyOf('app.example', TYPE_AAAA))).toBeUndefined()
    expect(look(reader, keyOf('app.example', TYPE_A, 1))).toBeUndefined()
    expect(look(reader, { ...keyOf('app.example'), qclass: 3 })).toBeUndefined()
    expect(look(reader, keyOf('bpp.example'))).toBeUndefined()
  })

  it('only A to Z have another case', () => {
    const { writer, reader } = openTable()
    const odd = (octet: number): ReturnType<typeof keyOf> => ({
      ...keyOf('x'),
      qname: Buffer.from([4, octet, octet, octet, octet, 0]),
    })
    for (let octet = 0; octet < 256; octet++) {
      if (octet >= 0x41 && octet <= 0x5a) continue
      writer.put(odd(octet), answerOf(Buffer.from([octet])))
    }
    for (let octet = 0; octet < 256; octet++) {
      const lower = octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
      expect(look(reader, odd(octet))).toEqual(Buffer.from([lower]))
    }
    expect(writer.stats().entries).toBe(256 - 26)
  })

  it('is replaced, and is gone when it was deleted', () => {
    const { writer, reader } = openTable()
    const key = keyOf('app.example')
    writer.put(key, answerOf(one))
    writer.put(key, answerOf(two))
    expect(look(reader, key)).toEqual(two)
    expect(writer.stats().entries).toBe(1)
    expect(writer.delete(key)).toBe(true)
    expect(writer.delete(key)).toBe(false)
    expect(look(reader, key)).toBeUndefined()
  })

  it.each([
    ['the root', '.'],
    ['one letter', 'a'],
    ['255 octets', `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`],
  ])('may be of %s', (_what, name) => {
    const { writer, reader } = openTable()
    expect(writer.put(keyOf(name), answerOf(two))).toBe(true)
    expect(look(reader, keyOf(name))).toEqual(two)
  })

  it.each([0, 1, 2, 3, 4, 5, 1231, 20_000])('may have sections of %i octets', (bytes) => {
    const { writer, reader } = openTable()
    const body = Buffer.from(Array.from({ length: bytes }, (_, i) => i % 251))
    expect(writer.put(keyOf('app.example'), answerOf(body))).toBe(true)
    expect(look(reader, keyOf('app.example'))).toEqual(body)
  })

  it('is written as encodeAnswer writes it', () => {
    const apex = 'mesh.example.'
    const ns = encodeRecords(
      [{ owner: 'apex', type: TYPE_NS, ttl: 60, rdata: 'ns1.mesh.example.' }],
      apex,
    )
    const soa = encodeRecords(
      [
        {
          owner: 'apex',
          type: 6,
          ttl: 30,
          rdata: {
            mname: 'ns1.mesh.example.',
            rname: 'hostmaster.mesh.example.',
            serial: 7,
            refresh: 1,
            retry: 2,
            expire: 3,
            minimum: 4,
          },
        },
      ],
      apex,
    )
    const address = encodeRecords(
      [{ owner: 'qname', type: TYPE_A, ttl: 9, rdata: '192.0.2.1' }],
      apex,
    )
    const base = {
      authoritative: true,
      additional: undefined,
      glueRequired: false,
      apexBytes: 14,
      ede: undefined,
    }
    const more = encodeRecords(
      [
        { owner: { name: 'ns1.mesh.example.' }, type: TYPE_A, ttl: 9, rdata: '192.0.2.2' },
        { owner: 'apex', type: TYPE_NS, ttl: 9, rdata: 'ns2.mesh.example.' },
      ],
      apex,
    )
    const answers: readonly Answer[] = [
      { ...base, rcode: 0, answer: address, authority: undefined },
      { ...base, rcode: 0, answer: address, authority: ns },
      { ...base, rcode: RCODE_NXDOMAIN, answer: undefined, authority: soa },
      { ...base, rcode: 0, authoritative: false, answer: ns, authority: soa },
      { ...base, rcode: 0, answer: address, authority: undefined, additional: more },
      { ...base, rcode: 0, answer: undefined, authority: ns, additional: more },
      { ...base, rcode: 0, answer: ns, authority: soa, additional: more },
      { ...base, rcode: 0, answer: undefined, authority: undefined, additional: more },
    ]
    const { writer, reader } = openTable()
    for (const answer of answers) {
      writer.put(keyOf('app.mesh.example'), answer)
      const wire = queryFor('aPP.mesh.example', TYPE_A)
      const q = new Query()
      expect(decodeQuery(wire, wire.length, 'udp', q)).toBe('ok')
      const wanted = encodeAnswer(q, answer, { nsid: Buffer.alloc(0) })
      // In place, somewhere in a larger buffer.
      const out = Buffer.alloc(1500, 0xee)
      out.set(wire, 100)
      reader.beginBatch(1)
      const ref = reader.find(out, 112, 100 + q.qnameEnd, q.qtype, q.qclass, 0)
      const end = reader.writeAnswer(ref, out, 100, 100 + wire.length)
      expect(reader.isAuthoritative(ref)).toBe(answer.authoritative)
      expect(reader.edeCode(ref)).toBe(-1)
      expect(reader.bodyBytes(ref)).toBe(end - 100 - wire.length)
      reader.endBatch()
      const written = Buffer.from(out.subarray(100, end))
      // Flags are the caller's.
      wanted.copy(written, 2, 2, 4)
      expect(written).toEqual(wanted)
      expect(out[end]).toBe(0xee)
    }
  })

  it.each([
    { answer: 4095, authority: 1023, additional: 1023, fits: true },
    { answer: 4096, authority: 0, additional: 0, fits: false },
    { answer: 0, authority: 1024, additional: 0, fits: false },
    { answer: 0, authority: 0, additional: 1024, fits: false },
  ])('may have $answer, $authority and $additional records: $fits', (counts) => {
    const { writer, reader } = openTable()
    const key = keyOf('app.example')
    const section = (count: number) => ({ ...blockOf(one), count })
    const answer = answerOf(one, {
      answer: section(counts.answer),
      authority: section(counts.authority),
      additional: section(counts.additional),
    })
    expect(writer.put(key, answer)).toBe(counts.fits)
    expect(look(reader, key) !== undefined).toBe(counts.fits)
    reader.beginBatch(1)
    const ref = reader.find(key.qname, 0, key.qname.length, key.qtype, key.qclass, 0)
    const out = Buffer.alloc(100)
    if (ref !== 0) reader.writeAnswer(ref, out, 0, 12)
    reader.endBatch()
    const written = [6, 8, 10].map((at) => out.readUInt16BE(at))
    expect(written).toEqual(counts.fits ? [4095, 1023, 1023] : [0, 0, 0])
  })

  it('keeps an EDE with its text', () => {
    const { writer, reader } = openTable()
    const text = 'central is out of reach: ä'
    writer.put(
      keyOf('app.example'),
      answerOf(one, { ede: { code: EDE_STALE_ANSWER, text }, answer: blockOf(one, [1]) }),
      { expiresAtSeconds: 0, storedAtSeconds: 5, ttlOffsets: [] },
    )
    reader.beginBatch(1)
    const key = keyOf('app.example')
    const ref = reader.find(key.qname, 0, key.qname.length, key.qtype, key.qclass, 0)
    const out = Buffer.alloc(100)
    expect(reader.edeCode(ref)).toBe(EDE_STALE_ANSWER)
    const words = new Int32Array(writer.handle.buffer)
    const at = edeWordOf(words, ref)
    const end = copyOctets(words, at + 1, out, 3, (words[at] ?? 0) >>> 16)
    expect(out.toString('utf8', 3, end)).toBe(text)
    reader.endBatch()
  })
})

describe('times', () => {
  const key = keyOf('www.example')

  it('an answer is not found from its expiry on', () => {
    const { writer, reader } = openTable()
    writer.put(key, answerOf(one), { expiresAtSeconds: 100, storedAtSeconds: 0, ttlOffsets: [] })
    expect(look(reader, key, 99)).toEqual(one)
    expect(look(reader, key, 100)).toBeUndefined()
  })

  it.each([
    { ttl: 300, now: 1000, aged: 300 },
    { ttl: 300, now: 999, aged: 300 },
    { ttl: 300, now: 1299, aged: 1 },
    { ttl: 300, now: 5000, aged: 0 },
    { ttl: 2_147_483_647, now: 1001, aged: 2_147_483_646 },
    { ttl: 0xffff_ffff, now: 1001, aged: 0 },
  ])('a TTL of $ttl stored at 1000 is $aged at $now (RFC 2181 §8)', ({ ttl, now, aged }) => {
    const { writer, reader } = openTable()
    const body = Buffer.alloc(21, 0xaa)
    body.writeUInt32BE(ttl, 3)
    body.writeUInt32BE(ttl, 9)
    body.writeUInt32BE(ttl, 17)
    writer.put(key, answerOf(body), {
      expiresAtSeconds: 0,
      storedAtSeconds: 1000,
      ttlOffsets: [3, 9, 17],
    })
    const wanted = Buffer.from(body)
    for (const at of [3, 9, 17]) wanted.writeUInt32BE(aged, at)
    expect(look(reader, key, now)).toEqual(wanted)
  })
})

describe('use', () => {
  it('is counted with the time of the last, and outlives a replacement', () => {
    const { writer, reader } = openTable()
    const key = keyOf('app.example')
    writer.put(key, answerOf(one))
    expect(writer.useOf(key)).toEqual({ hits: 0, lastUsedSeconds: 0, expiresAtSeconds: 0 })
    for (let i = 0; i < 5; i++) look(reader, key, 10 + i)
    writer.put(key, answerOf(two))
    expect(writer.useOf(key)).toEqual({ hits: 5, lastUsedSeconds: 14, expiresAtSeconds: 0 })
    expect(writer.useOf(keyOf('b.example'))).toBeUndefined()
  })

  it('of many hits is a good estimate', () => {
    const { writer, reader } = openTable()
    const key = keyOf('app.example')
    writer.put(key, answerOf(one))
    for (let i = 0; i < 20_000; i++) look(reader, key)
    const hits = writer.useOf(key)?.hits ?? 0
    expect(hits).toBeGreaterThan(18_000)
    expect(hits).toBeLessThan(22_000)
  })
})

it.each([-1, 253, 255, 1.5e9])('the variant %i is refused', (variant) => {
  const { writer } = openTable()
  expect(() => writer.put(keyOf('a.example', TYPE_A, variant), answerOf(one))).toThrow(
    `variant: ${variant} is not in 0..252`,
  )
})

it.each([0, 256])('a qname of %i octets is refused', (length) => {
  const { writer } = openTable()
  const key = { ...keyOf('a.example'), qname: Buffer.alloc(length) }
  expect(() => writer.put(key, answerOf(one))).toThrow(`qname: ${length} octets are not in 1..255`)
})
