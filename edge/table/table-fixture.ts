import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import type { RecordBlock } from '../query/records.ts'
import type { TableKey } from './entry.ts'
import { TableReader } from './reader.ts'
import { TableWriter } from './writer.ts'

/** The smallest table that the options allow. */
export const SMALL_BYTES = 4 * 1_048_576

/** A table with its first reader, in one thread. */
export function openTable(maxBytes = SMALL_BYTES): { writer: TableWriter; reader: TableReader } {
  const writer = new TableWriter({ maxBytes })
  return { writer, reader: addReader(writer) }
}

export function addReader(writer: TableWriter): TableReader {
  const index = writer.addReader()
  if (index === undefined) throw new Error('no room for a reader')
  return new TableReader(writer.handle, index)
}

/** The key of a name, of type A unless told. */
export function keyOf(name: string, qtype = TYPE_A, variant = 0): TableKey {
  return { qname: wireOf(name), qtype, qclass: CLASS_IN, variant }
}

/** Wire form in the case that is given; plain letters, digits and hyphens only. */
export function wireOf(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.alloc(1),
  ])
}

/** An answer whose answer section is these octets. */
export function answerOf(bytes: Uint8Array, more: Partial<Answer> = {}): Answer {
  return {
    rcode: 0,
    authoritative: true,
    answer: blockOf(bytes),
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: undefined,
    ...more,
  }
}

export function blockOf(bytes: Uint8Array, apexPointers: readonly number[] = []): RecordBlock {
  return { bytes: Buffer.from(bytes), count: 1, apexPointers }
}

/** Looks a key up in a batch of its own; gives the octets of its sections. */
export function look(reader: TableReader, key: TableKey, nowSeconds = 1): Buffer | undefined {
  reader.beginBatch(nowSeconds)
  const ref = reader.find(key.qname, 0, key.qname.length, key.qtype, key.qclass, key.variant)
  const found = ref === 0 ? undefined : bodyOf(reader, ref)
  reader.endBatch()
  return found
}

/** The octets of both sections. */
export function bodyOf(reader: TableReader, ref: number): Buffer {
  const out = Buffer.alloc(12 + reader.bodyBytes(ref))
  return out.subarray(12, reader.writeAnswer(ref, out, 0, 12))
}
