import { describe, expect, it } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { READERS_MAX, RECORD_MAX_BYTES } from './layout.ts'
import { FOUND_NOTHING, FOUND_NXDOMAIN } from './reader.ts'
import {
  SMALL_BYTES,
  addReader,
  answerOf,
  bodyOf,
  keyOf,
  look,
  openTable,
  wireOf,
} from './table-fixture.ts'
import { TableWriter } from './writer.ts'

const key = keyOf('app.example')
const body = (text: string): ReturnType<typeof answerOf> => answerOf(Buffer.from(text))
const numbered = (i: number): ReturnType<typeof keyOf> => keyOf(`a${i}.example`)

/** Puts until nothing fits; gives how many fitted. */
function fillUp(writer: TableWriter, bytes: number): number {
  const answer = answerOf(Buffer.alloc(bytes, 1))
  let count = 0
  while (writer.put(numbered(count), answer)) count++
  return count
}

describe('a reader within a batch', () => {
  it('keeps what it found until the batch ends', () => {
    const { writer, reader } = openTable()
    writer.put(key, body('old'))
    reader.beginBatch(1)
    const ref = reader.find(key.qname, 0, key.qname.length, TYPE_A, CLASS_IN, 0)
    for (let i = 0; i < 2000; i++) writer.put(key, body(`new${i}`))
    writer.delete(key)
    for (let i = 0; i < 20_000; i++) writer.put(numbered(i % 5000), body('else'))
    writer.maintain()
    expect(bodyOf(reader, ref).toString()).toBe('old')
    expect(writer.stats().waiting).toBeGreaterThanOrEqual(2001)
    reader.endBatch()
    writer.maintain()
    expect(writer.stats().waiting).toBe(0)
  })

  it('holds back only what was retired since it began', () => {
    const { writer, reader } = openTable()
    const late = addReader(writer)
    writer.put(key, body('1'))
    writer.put(key, body('2'))
    late.beginBatch(1)
    writer.maintain()
    expect(writer.stats().waiting).toBe(0)
    reader.beginBatch(1)
    writer.put(key, body('3'))
    late.endBatch()
    late.beginBatch(1)
    writer.maintain()
    expect(writer.stats().waiting).toBe(1)
    reader.endBatch()
    writer.maintain()
    expect(writer.stats().waiting).toBe(0)
    late.endBatch()
  })

  it('that stalls keeps memory, not the writer, and puts go on when it is removed', () => {
    const writer = new TableWriter({ maxBytes: SMALL_BYTES })
    const dead = writer.addReader() ?? -1
    const healthy = addReader(writer)
    const stalled = addReader(writer)
    stalled.beginBatch(1)
    let replaced = 0
    // Another one each time: the same again would need no room.
    while (writer.put(key, body(String(replaced).padEnd(1000)))) replaced++
    expect(replaced).toBeGreaterThan(3000)
    expect(writer.stats().refused).toBe(1)
    // Out of date, so it is gone: a miss, never an old answer.
    expect(look(healthy, key)).toBeUndefined()
    expect(writer.put(key, body('x'.repeat(1000)))).toBe(false)
    writer.removeReader(dead + 2)
    expect(writer.put(key, body('back'))).toBe(true)
    expect(look(healthy, key)?.toString()).toBe('back')
    expect(writer.stats()).toMatchObject({ readers: 2, refused: 2 })
  })

  it('that began before a rebuild of the index reads the old one to its end', () => {
    const { writer, reader } = openTable()
    for (let i = 0; i < 500; i++) writer.put(numbered(i), body(`${i}`))
    reader.beginBatch(1)
    // More than one rebuild; the second needs the region that the reader is in.
    for (let i = 500; i < 1200; i++) writer.put(numbered(i), body(`${i}`))
    while (writer.stats().indexRebuilds < 1) writer.maintain()
    for (let i = 0; i < 500; i++) {
      const { qname } = numbered(i)
      const ref = reader.find(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)
      expect(bodyOf(reader, ref).toString()).toBe(`${i}`)
    }
    for (let i = 1200; i < 1600; i++) writer.put(numbered(i), body(`${i}`))
    for (let i = 0; i < 50; i++) writer.maintain()
    expect(writer.stats().indexRebuilds).toBe(1)
    reader.endBatch()
    while (writer.hasWork) writer.maintain()
    expect(writer.stats().indexRebuilds).toBe(2)
    for (let i = 0; i < 1600; i++) expect(look(reader, numbered(i))?.toString()).toBe(`${i}`)
  })
})

it('what is put again as it is there takes no memory, and keeps its use', () => {
  const { writer, reader } = openTable()
  writer.put(key, body('same'))
  reader.beginBatch(7)
  expect(reader.find(key.qname, 0, key.qname.length, TYPE_A, CLASS_IN, 0)).not.toBe(0)
  for (let i = 0; i < 100; i++) expect(writer.put(key, body('same'))).toBe(true)
  expect(writer.stats().waiting).toBe(0)
  expect(writer.useOf(key)).toMatchObject({ hits: 1, lastUsedSeconds: 7 })
  writer.put(key, body('else'))
  expect(writer.stats().waiting).toBe(1)
  reader.endBatch()
  expect(look(reader, key)?.toString()).toBe('else')
})

describe('memory', () => {
  it.each([16, 100, 800, 5000])('is never held beyond maxBytes, answers of %i octets', (bytes) => {
    const { writer, reader } = openTable()
    const count = fillUp(writer, bytes)
    const { heldBytes, refused, entries } = writer.stats()
    expect(heldBytes).toBeLessThanOrEqual(SMALL_BYTES)
    expect(heldBytes).toBeGreaterThan(0.8 * SMALL_BYTES)
    expect({ refused, entries }).toEqual({ refused: 1, entries: count })
    expect(look(reader, numbered(count))).toBeUndefined()
    expect(look(reader, numbered(0))).toHaveLength(bytes)
    for (let i = 0; i < count; i++) writer.delete(numbered(i))
    while (writer.hasWork) writer.maintain()
    expect(writer.stats()).toMatchObject({ entries: 0, recordBytes: 0 })
    // What was deleted serves other sizes too.
    expect(fillUp(writer, 2 * bytes)).toBeGreaterThan(0.3 * count)
    expect(writer.stats().heldBytes).toBeLessThanOrEqual(SMALL_BYTES)
  })

  it('of random sizes that come and go does not wear out', () => {
    const { writer } = openTable()
    let seed = 1
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
      return (seed >>> 8) % below
    }
    for (let i = 0; i < 30_000; i++) {
      const one = numbered(random(4000))
      if (random(3) === 0) writer.delete(one)
      else writer.put(one, answerOf(Buffer.alloc(random(600))))
    }
    expect(writer.stats().refused).toBe(0)
    for (let i = 0; i < 4000; i++) writer.delete(numbered(i))
    while (writer.hasWork) writer.maintain()
    expect(writer.stats()).toMatchObject({ entries: 0, recordBytes: 0, waiting: 0 })
  })

  it('an answer larger than the largest record is refused, and what it replaces is gone', () => {
    const { writer, reader } = openTable()
    writer.put(key, body('old'))
    expect(writer.put(key, answerOf(Buffer.alloc(RECORD_MAX_BYTES - 1000)))).toBe(true)
    expect(writer.put(key, answerOf(Buffer.alloc(RECORD_MAX_BYTES)))).toBe(false)
    expect(look(reader, key)).toBeUndefined()
    expect(writer.stats()).toMatchObject({ refused: 1, entries: 0 })
  })
})

it('a name that was refused is not taken for one that does not exist', () => {
  const { writer, reader } = openTable()
  const flags = { isWhole: true, hasWildcards: false, hasSubtrees: false }
  writer.putZone(wireOf('example'), CLASS_IN, body('zone'), flags)
  const count = fillUp(writer, 5000)
  const resolve = (name: string): number => {
    reader.beginBatch(1)
    const qname = wireOf(name)
    const found = reader.resolve(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)
    reader.endBatch()
    return found
  }
  expect(resolve('new.example')).toBe(FOUND_NXDOMAIN)
  const types = Array.from({ length: 2000 }, (_, i) => i)
  expect(writer.name(wireOf('new.example'), CLASS_IN).declare(types)).toBe(false)
  expect(writer.isComplete).toBe(false)
  expect(resolve('new.example')).toBe(FOUND_NOTHING)
  for (let i = 0; i < count; i++) writer.delete(numbered(i))
  expect(writer.name(wireOf('new.example'), CLASS_IN).declare(types)).toBe(true)
  writer.markComplete()
  expect(writer.isComplete).toBe(true)
  expect(resolve('new.example')).toBe(FOUND_NOTHING)
  expect(resolve('no.example')).toBe(FOUND_NXDOMAIN)
  const huge = answerOf(Buffer.alloc(RECORD_MAX_BYTES))
  expect(writer.putZone(wireOf('a.example'), CLASS_IN, huge, flags)).toBe(false)
  expect(resolve('no.example')).toBe(FOUND_NOTHING)
})

it('there are at most READERS_MAX readers, and a place that was left is given again', () => {
  const writer = new TableWriter({ maxBytes: SMALL_BYTES })
  const places = Array.from({ length: READERS_MAX }, () => writer.addReader())
  expect(new Set(places).size).toBe(READERS_MAX)
  expect(writer.addReader()).toBeUndefined()
  writer.removeReader(5)
  expect(writer.addReader()).toBe(5)
})
