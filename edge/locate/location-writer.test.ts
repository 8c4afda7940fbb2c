import { expect, it } from 'vitest'
import { TableReader } from '../table/reader.ts'
import { TableWriter } from '../table/writer.ts'
import { compilePrefixes } from './compile-prefixes.ts'
import { rangesBytesIn } from './location-layout.ts'
import { LocationReader } from './location-reader.ts'
import { LocationWriter } from './location-writer.ts'
import { RangeList, emptyFamily, emptyRanges, rangesBytes } from './ranges.ts'
import type { Ranges } from './ranges.ts'
import { noReaders, publish } from './ranges-fixture.ts'
import { runAtOnce } from './slices.ts'

const BYTES = 65_536
const ADDRESS = 0xc000_0201

/** 192.0.2.0/24 has a number. */
function rangesWith(number: number): Ranges {
  const prefix = { family: 4 as const, words: [0xc000_0200], bits: 24 }
  return runAtOnce(compilePrefixes([{ prefix, number }]))
}

function numberOf(reader: LocationReader): number {
  reader.locate4(ADDRESS)
  return reader.number
}

it('a new table knows nothing, of all addresses together', () => {
  const reader = new LocationReader(new LocationWriter(BYTES, noReaders).handle)
  reader.locate4(ADDRESS)
  expect(reader).toMatchObject({ number: 0, scope: 0 })
  reader.locate6(0x2001_0db8, 0, 0, 1)
  expect(reader).toMatchObject({ number: 0, scope: 0 })
})

it('what is published replaces what was there, again and again', () => {
  const writer = new LocationWriter(BYTES, noReaders)
  const reader = new LocationReader(writer.handle)
  for (const number of [7, 8, 9]) {
    publish(writer, rangesWith(number))
    expect(numberOf(reader)).toBe(number)
    expect(reader.scope).toBe(24)
  }
  publish(writer, emptyRanges())
  expect(numberOf(reader)).toBe(0)
})

it('a half is not written while a batch of the answer table may be reading it', () => {
  const table = new TableWriter({ maxBytes: 4_194_304 })
  const batches = new TableReader(table.handle, table.addReader() ?? -1)
  const writer = new LocationWriter(BYTES, table)
  const reader = new LocationReader(writer.handle)
  publish(writer, rangesWith(1))

  batches.beginBatch(1)
  expect(numberOf(reader)).toBe(1)
  // The other half is free: nobody has been in it since the first ranges were published.
  writer.publish(rangesWith(2))
  while (writer.hasWork) writer.maintain()
  // But now the batch may still read the first half.
  writer.publish(rangesWith(3))
  for (let i = 0; i < 100; i++) writer.maintain()
  expect(writer.hasWork).toBe(true)
  expect(writer.isSettled).toBe(false)
  expect(numberOf(reader)).toBe(2)
  batches.endBatch()
  batches.beginBatch(1)
  // A batch that begins later reads the second half.
  expect(writer.isSettled).toBe(true)
  while (writer.hasWork) writer.maintain()
  expect(numberOf(reader)).toBe(3)
  batches.endBatch()
})

it('of what waits only the last is published', () => {
  const writer = new LocationWriter(BYTES, noReaders)
  const reader = new LocationReader(writer.handle)
  writer.publish(rangesWith(1))
  writer.maintain()
  publish(writer, rangesWith(2))
  expect(numberOf(reader)).toBe(2)
})

it('ranges that have no room are refused, and just so many have', () => {
  const list = new RangeList(1, 1000)
  for (let i = 0; i < 1000; i++) list.begin(Int32Array.of((i << 8) ^ 0x8000_0000), 0, 1 + i)
  const ranges = { v4: list.end(), v6: emptyFamily(4) }
  const bytes = rangesBytes(ranges)
  expect(bytes).toBe(8 * 1000 + 20)
  const writer = new LocationWriter(bytes, noReaders)
  publish(writer, ranges)
  const reader = new LocationReader(writer.handle)
  reader.locate4((999 << 8) | 255)
  expect(reader).toMatchObject({ number: 1000, scope: 24 })
  const small = new LocationWriter(bytes - 4, noReaders)
  expect(() => small.publish(ranges)).toThrow('8020 bytes of ranges, 8016 have room')
  expect(small.hasWork).toBe(false)
})

it('a table takes no more memory than it was given', () => {
  for (const bytes of [16_777_216, 134_217_728, 134_217_729]) {
    const { buffer } = new LocationWriter(rangesBytesIn(bytes), noReaders).handle
    expect(buffer.byteLength).toBeLessThanOrEqual(bytes)
    expect(buffer.byteLength).toBeGreaterThan(bytes - 1024)
  }
})
