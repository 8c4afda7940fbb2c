import { BODY_MAX_BYTES } from '../../shared/registry/limits.ts'
import type { Rrset, RrsetKey } from '../../shared/registry/rrset-schema.ts'

/** Rrsets up to which an import is one change set. Central stands still for some seconds meanwhile. */
export const IMPORT_ATOMIC_MAX_RRSETS = 100_000
/** Rrsets of one of several change sets: few enough that central goes on with all else. */
const CHUNK_MAX_RRSETS = 20_000
/** List elements of one such change set: central takes half a million. */
const CHUNK_MAX_ELEMENTS = 450_000
/** Its size; the rest of the body is the zone and what stands around. */
const CHUNK_MAX_BYTES = BODY_MAX_BYTES - 1024 * 1024

/** What goes into one change set. */
export interface Chunk {
  readonly deletes: readonly RrsetKey[]
  readonly records: readonly Rrset[]
}

/**
 * Cuts an import into change sets, one where that is possible. All that goes, goes first: so nothing that
 * comes meets what it cannot stand beside.
 */
export function chunksOf(
  deletes: readonly RrsetKey[],
  records: readonly Rrset[],
): readonly Chunk[] {
  if (deletes.length + records.length <= IMPORT_ATOMIC_MAX_RRSETS) {
    const [whole, more] = cut(deletes, records, IMPORT_ATOMIC_MAX_RRSETS)
    if (more === undefined) return [whole ?? { deletes: [], records: [] }]
  }
  return cut(deletes, records, CHUNK_MAX_RRSETS)
}

function cut(
  deletes: readonly RrsetKey[],
  records: readonly Rrset[],
  maxRrsets: number,
): readonly Chunk[] {
  const chunks: { deletes: RrsetKey[]; records: Rrset[] }[] = []
  let room = { rrsets: 0, elements: 0, bytes: 0 }
  const roomFor = (elements: number, bytes: number): { deletes: RrsetKey[]; records: Rrset[] } => {
    let last = chunks.at(-1)
    const isFull = room.rrsets < 1 || room.elements < elements || room.bytes < bytes
    if (last === undefined || isFull) {
      last = { deletes: [], records: [] }
      chunks.push(last)
      room = { rrsets: maxRrsets, elements: CHUNK_MAX_ELEMENTS, bytes: CHUNK_MAX_BYTES }
    }
    room.rrsets--
    room.elements -= elements
    room.bytes -= bytes
    return last
  }
  for (const each of deletes) roomFor(1, sizeOf(each)).deletes.push(each)
  for (const each of records) roomFor(1 + each.rdata.length, sizeOf(each)).records.push(each)
  return chunks
}

/** As JSON, with the comma. */
function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1
}
