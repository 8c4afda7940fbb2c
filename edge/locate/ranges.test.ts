import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Prefix } from '../../shared/geo/prefix.ts'
import { compilePrefixes } from './compile-prefixes.ts'
import { LocationReader } from './location-reader.ts'
import { overlay } from './overlay.ts'
import type { NumberedPrefix, Ranges } from './ranges.ts'
import { bordersOf, longestMatch, tableOf, toBigInt, toWords } from './ranges-fixture.ts'
import { runAtOnce } from './slices.ts'

const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128)

/** Prefixes that are near each other, at the ends of the address space, and everywhere. */
function prefixArbitrary(family: 4 | 6): fc.Arbitrary<Prefix> {
  const size = bitsOf(family)
  const all = (1n << BigInt(size)) - 1n
  const base = 0x0a00_0000n << BigInt(size - 32)
  const near = fc.bigInt(0n, 255n).map((low) => base | low)
  const inTwoWords = fc.bigInt(0n, 15n).map((i) => (base | (i << BigInt(size / 2 - 2))) & all)
  const address = fc.oneof(near, inTwoWords, fc.bigInt(0n, all), fc.constantFrom(0n, all))
  return fc
    .tuple(address, fc.oneof(fc.nat(size), fc.integer({ min: size - 9, max: size })))
    .map(([at, bits]) => {
      const host = (1n << BigInt(size - bits)) - 1n
      return { family, bits, words: toWords(at & ~host & all, family) }
    })
}

const entriesArbitrary = (family: 4 | 6): fc.Arbitrary<readonly NumberedPrefix[]> =>
  fc.array(fc.record({ prefix: prefixArbitrary(family), number: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 14,
  })

/** The addresses where something may change, and those beside them. */
function* bordersAround(entries: readonly NumberedPrefix[], family: 4 | 6): Iterable<bigint> {
  const all = (1n << BigInt(bitsOf(family))) - 1n
  yield 0n
  yield all
  for (const { prefix } of entries) {
    for (const border of bordersOf(prefix)) {
      for (const address of [border - 1n, border, border + 1n]) {
        if (address >= 0n && address <= all) yield address
      }
    }
  }
}

function locate(reader: LocationReader, address: bigint, family: 4 | 6): void {
  const octets = Buffer.alloc(20)
  toWords(address, family).forEach((word, i) => octets.writeUInt32BE(word, 2 + 4 * i))
  reader.locateOctets(octets, 2, family)
}

function compile(entries: readonly NumberedPrefix[]): Ranges {
  return runAtOnce(compilePrefixes(entries))
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  const size = bitsOf(family)

  it('an address has the number of the longest prefix that it lies in', () => {
    fc.assert(
      fc.property(entriesArbitrary(family), (entries) => {
        const reader = new LocationReader(tableOf(compile(entries)))
        for (const address of bordersAround(entries, family)) {
          locate(reader, address, family)
          expect(reader.number).toBe(longestMatch(entries, family, address))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('own prefixes come before those of the file, however long these are', () => {
    fc.assert(
      fc.property(entriesArbitrary(family), entriesArbitrary(family), (own, file) => {
        // What the file calls 1 to 3 is 4 to 6 in the table, but for 2, which is the same as own 2.
        const numbers = Int32Array.of(0, 4, 2, 6)
        const ranges = runAtOnce(overlay(compile(own), compile(file), numbers))
        const reader = new LocationReader(tableOf(ranges))
        for (const address of bordersAround([...own, ...file], family)) {
          locate(reader, address, family)
          const number = longestMatch(own, family, address)
          const expected = number === 0 ? numbers[longestMatch(file, family, address)] : number
          expect(reader.number).toBe(expected)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('rfc7871 §7.2.1: the scope is the widest block in which all addresses have one number', () => {
    fc.assert(
      fc.property(entriesArbitrary(family), (entries) => {
        const reader = new LocationReader(tableOf(compile(entries)))
        const borders = [...bordersAround(entries, family)]
        /** All change of number is at a border: a block has one number if its borders have it. */
        const isUniform = (address: bigint, bits: number): boolean => {
          const shift = BigInt(size - bits)
          const first = (address >> shift) << shift
          const last = first + (1n << shift) - 1n
          const number = longestMatch(entries, family, address)
          const within = borders.filter((border) => border >= first && border <= last)
          return [first, last, ...within].every(
            (other) => longestMatch(entries, family, other) === number,
          )
        }
        for (const address of borders) {
          locate(reader, address, family)
          const { scope } = reader
          expect(scope >= 0 && scope <= size).toBe(true)
          expect(isUniform(address, scope)).toBe(true)
          if (scope > 0) expect(isUniform(address, scope - 1)).toBe(false)
        }
      }),
      { numRuns: 80 },
    )
  })

  it('ranges side by side have different numbers, and cover everything', () => {
    fc.assert(
      fc.property(entriesArbitrary(family), (entries) => {
        const { v4, v6 } = compile(entries)
        const { starts, numbers } = family === 4 ? v4 : v6
        const width = size / 32
        const firsts = Array.from(numbers, (_, i) =>
          toBigInt(
            Array.from(starts.subarray(i * width, (i + 1) * width), (word) => word ^ 0x8000_0000),
          ),
        )
        expect(firsts[0]).toBe(0n)
        for (let i = 1; i < firsts.length; i++) {
          expect((firsts[i] ?? 0n) > (firsts[i - 1] ?? 0n)).toBe(true)
          expect(numbers[i]).not.toBe(numbers[i - 1])
        }
      }),
    )
  })
})

it('of two prefixes that are equal, the first counts', () => {
  const prefix: Prefix = { family: 4, words: [0xc000_0200], bits: 24 }
  const entries = [7, 8].map((number) => ({ prefix, number }))
  const reader = new LocationReader(tableOf(compile(entries)))
  reader.locate4(0xc000_0201)
  expect(reader).toMatchObject({ number: 7, scope: 24 })
})

it('thousands of prefixes are sorted in steps as they would be at once', () => {
  const entries: NumberedPrefix[] = Array.from({ length: 3000 }, (_, i) => ({
    number: 1 + i,
    prefix: { family: 4, words: [(((i * 7919) % 3000) << 8) >>> 0], bits: 24 },
  }))
  const { v4 } = compile(entries)
  const sorted = [...entries].sort((a, b) => (a.prefix.words[0] ?? 0) - (b.prefix.words[0] ?? 0))
  expect([...v4.numbers]).toEqual([...sorted.map(({ number }) => number), 0])
})
