/**
 * Walks all networks of an mmdb file by what the reader says of one address: the network that it lies
 * in. The next address to ask for is the one behind that network.
 */
import type { Response } from 'maxmind'
import { messageOf } from '../../shared/errors.ts'
import { moveBehind } from './compile-prefixes.ts'
import { KnownRecord } from './mmdb-cache.ts'
import type { OpenMmdb } from './mmdb-file.ts'
import { FLIPPED_BIT, RangeList, emptyFamily } from './ranges.ts'
import type { AddressWords, FamilyRanges, Ranges } from './ranges.ts'

/** Counts the networks of a file. */
export interface NetworkCount {
  /** Networks that were walked. */
  count: number
  /** How many there may be at most. */
  readonly max: number
}

/**
 * Where files have IPv4 once more, within IPv6: ::/96, ::ffff:0:0/96, Teredo and 6to4. No client has such
 * an address, or it says nothing of where it is; walking them would be walking IPv4 again.
 */
const aliases: readonly { readonly words: readonly number[]; readonly bits: number }[] = [
  { words: [0, 0, 0, 0], bits: 96 },
  { words: [0, 0, 0xffff, 0], bits: 96 },
  { words: [0x2001_0000, 0, 0, 0], bits: 32 },
  { words: [0x2002_0000, 0, 0, 0], bits: 16 },
]

export type WalkedNetworks =
  { readonly ok: true; readonly ranges: Ranges } | { readonly ok: false; readonly reason: string }

/**
 * Makes ranges of all networks. `numberOf` gives the number of a record; 0: it says nothing. The reason
 * of a refusal is half a sentence.
 */
export function walkNetworks(
  file: OpenMmdb,
  numberOf: (record: object) => number,
  networks: NetworkCount,
): WalkedNetworks {
  const v4 = walkFamily(file, numberOf, networks, 1)
  if (typeof v4 === 'string') return { ok: false, reason: v4 }
  // A file of IPv4 has no other addresses.
  const isIpv4 = file.reader.metadata.ipVersion === 4
  const v6 = isIpv4 ? emptyFamily(4) : walkFamily(file, numberOf, networks, 4)
  if (typeof v6 === 'string') return { ok: false, reason: v6 }
  return { ok: true, ranges: { v4, v6 } }
}

/** The ranges of a family, or why a file is refused. */
function walkFamily(
  file: OpenMmdb,
  numberOf: (record: object) => number,
  networks: NetworkCount,
  width: AddressWords,
): FamilyRanges | string {
  const list = new RangeList(width, 1024)
  const words = new Int32Array(width).fill(FLIPPED_BIT)
  for (;;) {
    const text = width === 1 ? textOf4(words[0] ?? 0) : textOf6(words)
    if (++networks.count > networks.max) return `has more than ${networks.max} networks`
    const alias = width === 4 ? aliasOf(words) : 0
    let bits = alias
    let number = 0
    if (alias === 0) {
      let record: Response | null
      try {
        file.cache.begin()
        ;[record, bits] = file.reader.getWithPrefixLength(text)
      } catch (err) {
        return `is damaged where ${text} is looked up: ${messageOf(err)}`
      }
      if (record instanceof KnownRecord) number = record.number
      else if (typeof record === 'object' && record !== null) {
        number = numberOf(record)
        file.cache.remember(number)
      }
    }
    list.begin(words, 0, number)
    if (!moveBehind(words, 0, bits, width)) return list.end()
  }
}

/** The bits of the block of IPv4 within IPv6 that an address lies in; 0 when it is in none. */
function aliasOf(words: Int32Array): number {
  for (const alias of aliases) {
    const whole = alias.bits >> 5
    let isWithin = true
    for (let i = 0; i < whole; i++) {
      if (((words[i] ?? 0) ^ FLIPPED_BIT) !== ((alias.words[i] ?? 0) | 0)) isWithin = false
    }
    const shift = 32 - (alias.bits & 31)
    if (shift < 32) {
      const rest = ((words[whole] ?? 0) ^ FLIPPED_BIT) >>> shift
      if (rest !== (alias.words[whole] ?? 0) >>> shift) isWithin = false
    }
    if (isWithin) return alias.bits
  }
  return 0
}

function textOf4(word: number): string {
  const address = word ^ FLIPPED_BIT
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

function textOf6(words: Int32Array): string {
  let text = ''
  for (let i = 0; i < 4; i++) {
    const word = (words[i] ?? 0) ^ FLIPPED_BIT
    text += `${i === 0 ? '' : ':'}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`
  }
  return text
}
