import { parentPort, workerData } from 'node:worker_threads'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import type { TableHandle } from './layout.ts'
import { TableReader } from './reader.ts'

/**
 * A reader on a thread of its own. It looks keys up without end, and of each record that it finds it
 * checks the octets, the key, and that the version is neither older than what was there when the batch
 * began, nor one that was deleted before the batch began.
 */
export interface RaceWork {
  readonly handle: TableHandle
  readonly reader: number
  readonly keys: readonly Uint8Array[]
  /** Per key: it is there, in this version or a later one (0: maybe not). */
  readonly there: Int32Array
  /** Per key: up to this version it was deleted. */
  readonly gone: Int32Array
  /** 0: run, 1: stop; then, per reader, the look-ups that it has made. */
  readonly control: Int32Array
  /** Ends in the midst of a batch after so many. */
  readonly dieAfter: number
}

export interface RaceResult {
  readonly found: number
  readonly missed: number
  readonly faults: readonly string[]
}

/** Body of a record: key, version, total length, and octets that follow from them; all checked. */
export function raceBody(key: number, version: number): Buffer {
  const length = 12 + ((key * 7 + version * 13) % 90)
  const body = Buffer.alloc(length)
  body.writeInt32LE(key, 0)
  body.writeInt32LE(version, 4)
  body.writeInt32LE(length, 8)
  for (let i = 12; i < length; i++) body[i] = octetOf(key, version, i)
  return body
}

function octetOf(key: number, version: number, i: number): number {
  return (Math.imul(key + 1, 0x9e37_79b1) ^ Math.imul(version, 0x85eb_ca6b) ^ (i * 31)) & 0xff
}

/** Empty when the octets are a whole body of this key. */
function faultOf(body: Buffer, key: number): string {
  if (body.length < 12) return `length ${body.length}`
  const version = body.readInt32LE(4)
  if (body.readInt32LE(0) !== key) return `key ${body.readInt32LE(0)}`
  if (body.readInt32LE(8) !== body.length) return `length ${body.length}`
  for (let i = 12; i < body.length; i++) {
    if (body[i] !== octetOf(key, version, i)) return `octet ${i} of version ${version}`
  }
  return ''
}

const BATCH = 64

function race(work: RaceWork): RaceResult {
  const { keys, there, gone, control } = work
  const reader = new TableReader(work.handle, work.reader)
  const faults: string[] = []
  const out = Buffer.alloc(2048)
  const asked = new Int32Array(BATCH)
  const floor = new Int32Array(BATCH)
  const buried = new Int32Array(BATCH)
  let found = 0
  let missed = 0
  let random = 12_345 + work.reader
  for (let batches = 0; Atomics.load(control, 0) === 0; batches++) {
    for (let i = 0; i < BATCH; i++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff
      const key = (random >>> 8) % keys.length
      asked[i] = key
      floor[i] = Atomics.load(there, key)
      buried[i] = Atomics.load(gone, key)
    }
    reader.beginBatch(1)
    if (batches === work.dieAfter) process.exit()
    for (let i = 0; i < BATCH; i++) {
      const key = asked[i] ?? 0
      const qname = keys[key] ?? Buffer.alloc(1)
      const ref = reader.find(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)
      if (ref === 0) {
        missed++
        if (floor[i] !== 0) faults.push(`key ${key} is not found, version ${floor[i]} is there`)
        continue
      }
      found++
      const body = out.subarray(12, reader.writeAnswer(ref, out, 0, 12))
      const fault = faultOf(body, key)
      const version = body.readInt32LE(4)
      if (fault !== '') faults.push(`key ${key} has ${fault}`)
      else if (version < (floor[i] ?? 0)) faults.push(`key ${key} is old: ${version}, ${floor[i]}`)
      else if (version <= (buried[i] ?? 0)) faults.push(`key ${key} was deleted: ${version}`)
    }
    reader.endBatch()
    Atomics.add(control, 1 + work.reader, BATCH)
    if (faults.length > 20) break
  }
  return { found, missed, faults: faults.slice(0, 5) }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a worker has none
if (parentPort !== null) parentPort.postMessage(race(workerData as RaceWork))
