/**
 * Times looking up where clients are: nanoseconds of a look-up of a random address, at as many ranges
 * as 10,000 registered networks make, and at 2 million of each family, as many as a large mmdb file
 * has.
 *
 *     node bench/micro/locate.ts
 */
import { compilePrefixes } from '../../edge/locate/compile-prefixes.ts'
import { LocationReader } from '../../edge/locate/location-reader.ts'
import { LocationWriter } from '../../edge/locate/location-writer.ts'
import { RangeList, emptyRanges, rangesBytes } from '../../edge/locate/ranges.ts'
import { runAtOnce } from '../../edge/locate/slices.ts'
import type {
  AddressWords,
  FamilyRanges,
  NumberedPrefix,
  Ranges,
} from '../../edge/locate/ranges.ts'

const NETWORKS = 10_000
const RANGES = 2_000_000
const LOOK_UPS = 65_536
const ROUNDS = 15
const ROUNDS_WARM_UP = 10

function nanoseconds(work: () => void): number {
  const startedAt = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - startedAt)
}

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

const randomWord = (): number => Math.floor(Math.random() * 2 ** 32)

/** Networks of 10.0.0.0/8, and as many /48 of 2001:db8::/32: every address is of one, or near one. */
function networks(): Ranges {
  const entries: NumberedPrefix[] = []
  for (let i = 0; i < NETWORKS; i++) {
    const ipv4 = (0x0a00_0000 | (i << 8)) >>> 0
    entries.push({ number: 1 + i, prefix: { family: 4, words: [ipv4], bits: 24 } })
    const ipv6 = [0x2001_0db8, (i << 16) >>> 0, 0, 0]
    entries.push({ number: 1 + i, prefix: { family: 6, words: ipv6, bits: 48 } })
  }
  return runAtOnce(compilePrefixes(entries))
}

/** As many ranges as a large mmdb file has, all over the address space. */
function everywhere(): Ranges {
  return { v4: family(1), v6: family(4) }
}

function family(width: AddressWords): FamilyRanges {
  const list = new RangeList(width, RANGES)
  const words = new Int32Array(width)
  // Of IPv6, /48s within 2000::/3, where all the networks are.
  const step = width === 1 ? 2 ** 32 / RANGES : 2 ** 29 / RANGES
  for (let i = 0; i < RANGES; i++) {
    const first = Math.floor(i * step) + (width === 1 ? 0 : 0x2000_0000)
    words.fill(-0x8000_0000)
    words[0] = first ^ 0x8000_0000
    if (width === 4) words[1] = (Math.floor((i * step * 65_536) % 65_536) << 16) ^ 0x8000_0000
    list.begin(words, 0, 1 + (i % 100_000))
  }
  return list.end()
}

/** Nanoseconds of a look-up: the best round, as others only add to it. */
function time(look: (at: number) => number): number {
  const times: number[] = []
  let sum = 0
  for (let round = 0; round < ROUNDS_WARM_UP + ROUNDS; round++) {
    const took = nanoseconds(() => {
      for (let i = 0; i < LOOK_UPS; i++) sum += look(i)
    })
    if (round >= ROUNDS_WARM_UP) times.push(took / LOOK_UPS)
  }
  if (!Number.isFinite(sum)) throw new Error('unreachable')
  return Math.min(...times)
}

/** `pick` gives the words of a random address, four of them. */
function measure(what: string, ranges: Ranges, pick: (family: 4 | 6) => readonly number[]): void {
  process.stdout.write(`\n${what}: ${(rangesBytes(ranges) / 1_048_576).toFixed(1)} MiB\n`)
  const writer = new LocationWriter(Math.max(rangesBytes(ranges), rangesBytes(emptyRanges())), {
    endEpoch: () => 0,
    hasPassed: () => true,
  })
  const published = nanoseconds(() => {
    writer.publish(ranges)
    while (writer.hasWork) writer.maintain()
  })
  print('publish', published / 1e6, 'ms')
  const reader = new LocationReader(writer.handle)
  for (const family of [4, 6] as const) {
    const bytes = Buffer.alloc(16 * LOOK_UPS)
    for (let i = 0; i < LOOK_UPS; i++) {
      pick(family).forEach((word, part) => bytes.writeUInt32BE(word >>> 0, 16 * i + 4 * part))
    }
    const nothing = time((i) => bytes[16 * i] ?? 0)
    const took = time((i) => {
      reader.locateOctets(bytes, 16 * i, family)
      return reader.number + reader.scope
    })
    print(`IPv${family}, the loop aside`, took - nothing, 'ns')
  }
}

measure(`${NETWORKS} networks`, networks(), (family) =>
  family === 4
    ? [0x0a00_0000 | (randomWord() & 0x00ff_ffff)]
    : [0x2001_0db8, randomWord(), randomWord(), randomWord()],
)
measure(`${RANGES} ranges of each family`, everywhere(), (family) =>
  family === 4
    ? [randomWord()]
    : [0x2000_0000 | (randomWord() & 0x1fff_ffff), randomWord(), randomWord(), randomWord()],
)
