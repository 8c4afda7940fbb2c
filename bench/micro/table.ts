/**
 * Times the answer table by itself: look-ups, changes, bytes of an entry. Each look-up is of a random
 * name, its bytes in a buffer as a batch of packets would lie there.
 *
 *     node bench/micro/table.ts
 */
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { nameToWire, toName } from '../../shared/dns/name.ts'
import type { Answer } from '../../edge/query/encode.ts'
import { encodeRecords } from '../../edge/query/records.ts'
import type { NameEntries } from '../../edge/table/name-entries.ts'
import { TableReader } from '../../edge/table/reader.ts'
import { untilReplaced } from '../../edge/table/record.ts'
import { TableWriter } from '../../edge/table/writer.ts'

const MIB = 1_048_576
/** Room for a packet. */
const SLOT = 64
const HEADER_BYTES = 12
const BATCH = 64
/** Packets in the buffer: 2 MB of them, so that reading them costs what it costs from a socket. */
const PACKETS = 32_768
const ROUNDS = 15
const APEX = 'mesh.example.'

const address = encodeRecords([{ owner: 'qname', type: TYPE_A, ttl: 30, rdata: '192.0.2.1' }], APEX)
const answer: Answer = {
  rcode: 0,
  authoritative: true,
  answer: address,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: nameToWire(APEX).length,
  ede: undefined,
}

/** Names of 25 octets. */
function nameOf(i: number): Buffer {
  return nameToWire(toName(`app${String(i).padStart(7, '0')}.${APEX}`))
}

function nanoseconds(work: () => void): number {
  const startedAt = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - startedAt)
}

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

/** One buffer of packets with questions for names that are picked. */
function packetsFor(pick: () => Buffer): { readonly wire: Buffer; readonly ends: Int32Array } {
  const wire = Buffer.alloc(PACKETS * SLOT)
  const ends = new Int32Array(PACKETS)
  for (let i = 0; i < PACKETS; i++) {
    const start = i * SLOT + HEADER_BYTES
    const name = pick()
    wire.set(name, start)
    ends[i] = start + name.length
  }
  return { wire, ends }
}

/** Nanoseconds for a packet of what `one` does with it: the best round, as others only add to it. */
function timePackets(
  reader: TableReader,
  pick: () => Buffer,
  one: (wire: Buffer, start: number, end: number) => number,
): number {
  const times: number[] = []
  let sum = 0
  for (let round = 0; round < ROUNDS + 10; round++) {
    const { wire, ends } = packetsFor(pick)
    const took = nanoseconds(() => {
      for (let i = 0; i < PACKETS;) {
        reader.beginBatch(1)
        for (const last = i + BATCH; i < last; i++) {
          sum += one(wire, i * SLOT + HEADER_BYTES, ends[i] ?? 0)
        }
        reader.endBatch()
      }
    })
    // The first rounds are compiled.
    if (round >= 10) times.push(took / PACKETS)
  }
  if (!Number.isFinite(sum)) throw new Error('unreachable')
  return Math.min(...times)
}

function measure(entries: number): void {
  process.stdout.write(`\n${entries.toLocaleString('en')} entries\n`)
  const writer = new TableWriter({ maxBytes: 256 * MIB })
  const index = writer.addReader()
  if (index === undefined) throw new Error('no reader')
  const reader = new TableReader(writer.handle, index)
  const names = Array.from({ length: entries }, (_, i) => nameOf(i))
  const question = { qtype: TYPE_A, qclass: CLASS_IN, variant: 0 }
  const putAll = (): void => {
    for (const qname of names) writer.put({ qname, ...question }, answer)
  }
  print('put, the index growing', nanoseconds(putAll) / entries, 'ns')
  print('replace', nanoseconds(putAll) / entries, 'ns')
  while (writer.hasWork) writer.maintain()
  const { heldBytes, recordBytes } = writer.stats()
  print('bytes of an entry: its block', recordBytes / entries, 'bytes')
  print('bytes of an entry: all that is held', heldBytes / entries, 'bytes')

  const hit = (): Buffer => nameOf(Math.floor(Math.random() * entries))
  const miss = (): Buffer => nameOf(entries + Math.floor(Math.random() * entries))
  const find = (wire: Buffer, start: number, end: number): number =>
    reader.find(wire, start, end, TYPE_A, CLASS_IN, 0)
  const findAndWrite = (wire: Buffer, start: number, end: number): number => {
    const ref = reader.find(wire, start, end, TYPE_A, CLASS_IN, 0)
    return reader.writeAnswer(ref, wire, start - HEADER_BYTES, end + 4)
  }
  const resolve = (wire: Buffer, start: number, end: number): number =>
    reader.resolve(wire, start, end, TYPE_A, CLASS_IN, 0)
  print(
    'nothing but the loop',
    timePackets(reader, hit, (_wire, start, end) => end - start),
    'ns',
  )
  print('find, hit', timePackets(reader, hit, find), 'ns')
  print('find, miss', timePackets(reader, miss, find), 'ns')
  print('find and write the answer', timePackets(reader, hit, findAndWrite), 'ns')

  for (const qname of names) writer.name(qname, CLASS_IN).declare([TYPE_A])
  const putZone = (hasWildcards: boolean, hasSubtrees: boolean): boolean =>
    writer.putZone(nameToWire(APEX), CLASS_IN, answer, { isWhole: true, hasWildcards, hasSubtrees })
  putZone(false, false)
  while (writer.hasWork) writer.maintain()
  print('bytes of an app with its name entry', writer.stats().heldBytes / entries, 'bytes')
  print('resolve, hit', timePackets(reader, hit, resolve), 'ns')
  print('resolve, NXDOMAIN', timePackets(reader, miss, resolve), 'ns')

  // What stands above names without an entry: the cost of looking for it.
  const below = (above: string) => (): Buffer =>
    nameToWire(toName(`n${Math.floor(Math.random() * 1e6)}.${above}`))
  const declare = (name: string): NameEntries => writer.name(nameToWire(name), CLASS_IN)
  declare(`*.wild.${APEX}`).put(TYPE_A, answer, untilReplaced)
  declare(`*.wild.${APEX}`).declare([TYPE_A])
  declare(`wild.${APEX}`).declare([])
  putZone(true, false)
  print('the same, the zone has a wildcard', timePackets(reader, miss, resolve), 'ns')
  print('resolve, a wildcard', timePackets(reader, below(`wild.${APEX}`), resolve), 'ns')
  const deep = below(`${'a.'.repeat(10)}${APEX}`)
  print('resolve, NXDOMAIN, 13 labels', timePackets(reader, deep, resolve), 'ns')
  declare(`cut.${APEX}`).declareCut([], { ...answer, authoritative: false })
  putZone(true, true)
  print('resolve, a referral', timePackets(reader, below(`cut.${APEX}`), resolve), 'ns')
  print('resolve, hit, as before', timePackets(reader, hit, resolve), 'ns')
  const deleted = nanoseconds(() => {
    for (const qname of names) writer.delete({ qname, ...question })
  })
  print('delete', deleted / entries, 'ns')
}

for (const entries of [1_000, 1_000_000]) measure(entries)
