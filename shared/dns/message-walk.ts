import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
} from './codes.ts'
import { nameFromMessage } from './name.ts'
import type { Name } from './name.ts'

/**
 * Walks over a whole message. Undefined when a count lies, a name is bad, something is cut, or octets
 * follow the last record. The rdata are views of `wire`.
 */
export function walkMessage(wire: Buffer): Walk | undefined {
  if (wire.length < HEADER_BYTES) return undefined
  let off = HEADER_BYTES
  const questions: QuestionPlace[] = []
  for (let left = wire.readUInt16BE(4); left > 0; left--) {
    const place = questionAt(wire, off)
    if (place === undefined) return undefined
    questions.push(place)
    off = place.typeAt + 4
  }
  const sections: RecordPlace[][] = [[], [], []]
  for (const [i, section] of sections.entries()) {
    for (let left = wire.readUInt16BE(6 + 2 * i); left > 0; left--) {
      const place = recordAt(wire, off)
      if (place === undefined) return undefined
      section.push(place)
      off = place.typeAt + 10 + place.rdata.length
    }
  }
  const [answers = [], authorities = [], additionals = []] = sections
  return off === wire.length ? { questions, answers, authorities, additionals } : undefined
}

/** A question, or the head of a record: what it says and where that stands. */
export interface QuestionPlace {
  readonly name: Name
  readonly nameAt: number
  readonly type: number
  readonly typeAt: number
  readonly class: number
}

/** A record; its TTL stands at `typeAt + 4`. */
export interface RecordPlace extends QuestionPlace {
  readonly ttl: number
  readonly rdata: Buffer
  /** The names in the rdata, decompressed. */
  readonly names: readonly { readonly name: Name; readonly at: number }[]
  /** Whether the rdata has the shape that `shapes` gives its type; false for a type without one. */
  readonly shaped: boolean
}

/** The sections of a message in order. */
export interface Walk {
  readonly questions: readonly QuestionPlace[]
  readonly answers: readonly RecordPlace[]
  readonly authorities: readonly RecordPlace[]
  readonly additionals: readonly RecordPlace[]
}

function questionAt(wire: Buffer, off: number): QuestionPlace | undefined {
  const name = nameFromMessage(wire, off)
  if (name === undefined || name.end + 4 > wire.length) return undefined
  return {
    name: name.name,
    nameAt: off,
    type: wire.readUInt16BE(name.end),
    typeAt: name.end,
    class: wire.readUInt16BE(name.end + 2),
  }
}

function recordAt(wire: Buffer, off: number): RecordPlace | undefined {
  const head = questionAt(wire, off)
  if (head === undefined || head.typeAt + 10 > wire.length) return undefined
  const start = head.typeAt + 10
  const end = start + wire.readUInt16BE(start - 2)
  if (end > wire.length) return undefined
  const names = rdataNames(wire, head.type, start, end)
  return {
    ...head,
    ttl: wire.readUInt32BE(head.typeAt + 4),
    rdata: wire.subarray(start, end),
    names: names ?? [],
    shaped: names !== undefined,
  }
}

/** RFC 1035 §4.1.1 */
const HEADER_BYTES = 12

/** Types whose rdata is taken apart: octets before its names, how many names, octets behind them. */
const shapes: ReadonlyMap<number, readonly [before: number, names: number, behind: number]> =
  new Map([
    [TYPE_A, [4, 0, 0]],
    [TYPE_AAAA, [16, 0, 0]],
    [TYPE_NS, [0, 1, 0]],
    [TYPE_CNAME, [0, 1, 0]],
    [TYPE_PTR, [0, 1, 0]],
    [TYPE_SOA, [0, 2, 20]],
    [TYPE_MX, [2, 1, 0]],
    [TYPE_SRV, [6, 1, 0]],
  ])

/** The names of an rdata; undefined when its type has no shape or it has another one. */
function rdataNames(
  wire: Buffer,
  type: number,
  start: number,
  end: number,
): RecordPlace['names'] | undefined {
  const shape = shapes.get(type)
  if (shape === undefined) return undefined
  const [before, count, behind] = shape
  const names: { name: Name; at: number }[] = []
  let off = start + before
  for (let left = count; left > 0; left--) {
    const read = nameFromMessage(wire, off)
    if (read === undefined || read.end > end) return undefined
    names.push({ name: read.name, at: off })
    off = read.end
  }
  return off + behind === end ? names : undefined
}
