import type { Prefix } from '../../shared/geo/prefix.ts'
import { LocationWriter } from './location-writer.ts'
import type { LocationHandle } from './location-layout.ts'
import type { NumberedPrefix, Ranges } from './ranges.ts'
import { rangesBytes } from './ranges.ts'
import { runAtOnce } from './slices.ts'

/** Runs what yields to its end. */
export const finish = runAtOnce

/** No reader is ever in the way. */
export const noReaders = { endEpoch: () => 1, hasPassed: () => true }

/** A table that holds just these ranges. */
export function tableOf(ranges: Ranges): LocationHandle {
  const writer = new LocationWriter(rangesBytes(ranges), noReaders)
  publish(writer, ranges)
  return writer.handle
}

/** Publishes ranges to the end. */
export function publish(writer: LocationWriter, ranges: Ranges): void {
  writer.publish(ranges)
  while (writer.hasWork) writer.maintain()
}

/** An address as one number, to be reckoned with. */
export function toBigInt(words: readonly number[]): bigint {
  return words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n)
}

/** The words of an address, unsigned. */
export function toWords(address: bigint, family: 4 | 6): readonly number[] {
  if (family === 4) return [Number(address)]
  return [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffff_ffffn))
}

/** First and last address of a prefix. */
export function bordersOf({ family, words, bits }: Prefix): readonly [bigint, bigint] {
  const first = toBigInt(words)
  return [first, first + (1n << BigInt((family === 4 ? 32 : 128) - bits)) - 1n]
}

/** The number of an address by looking at every prefix: the longest wins, and of equal ones the first. */
export function longestMatch(entries: readonly NumberedPrefix[], family: 4 | 6, address: bigint) {
  let best: NumberedPrefix | undefined
  for (const entry of entries) {
    if (entry.prefix.family !== family) continue
    const [first, last] = bordersOf(entry.prefix)
    if (address < first || address > last) continue
    if (best === undefined || entry.prefix.bits > best.prefix.bits) best = entry
  }
  return best?.number ?? 0
}
