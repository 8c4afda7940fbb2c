/**
 * Zones as plain objects: what they answer by the text of the RFCs, looked up in the simplest way, and how
 * they are put into a table.
 */
import {
  CLASS_IN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_SOA,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import type { AnswerChoice, LocatedAnswers } from './choices.ts'
import { CHOICE_NODATA } from './layout.ts'
import {
  FOUND_BY_CLIENT,
  FOUND_NODATA,
  FOUND_NOTHING,
  FOUND_NXDOMAIN,
  FOUND_REFERRAL,
} from './reader.ts'
import type { TableReader } from './reader.ts'
import { untilReplaced } from './record.ts'
import { answerOf, bodyOf, wireOf } from './table-fixture.ts'
import type { TableWriter } from './writer.ts'

export const APEX = 'mesh.example'

/** How the answer to a type is kept; `absent`: it is declared, and was refused. */
export type Kept = 'plain' | 'drawn' | 'located' | 'absent'

/** What stands at a name. An alias has CNAME alone, a cut may have DS. */
export interface ZoneNode {
  readonly kind: 'plain' | 'alias' | 'cut' | 'redirect'
  readonly types: ReadonlyMap<number, Kept>
}

/** By name, the apex always; names above those that are there exist without being listed. */
export type Zone = ReadonlyMap<string, ZoneNode>

export const emptyNode: ZoneNode = { kind: 'plain', types: new Map() }

/** Types that are asked for. */
export const askedTypes = [TYPE_A, TYPE_AAAA, TYPE_TXT, TYPE_CNAME, TYPE_DS, TYPE_ANY] as const

/** The place of the client, which has answers, and one that has none. */
export const PLACES = [0, 1] as const
const MAP = 7

// ---- what a zone answers ----

function parentOf(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}

/** The names from the apex down to this one. */
function pathTo(name: string): readonly string[] {
  return name === APEX ? [APEX] : [...pathTo(parentOf(name)), name]
}

/** RFC 4592 §2.2.2: a name exists if it has records, or if one below it has. */
function exists(zone: Zone, name: string): boolean {
  return zone.has(name) || Array.from(zone.keys()).some((other) => other.endsWith(`.${name}`))
}

function nodeAt(zone: Zone, name: string): ZoneNode {
  return zone.get(name) ?? emptyNode
}

/** RFC 1034 §4.3.2, step 3, with RFC 4592 and RFC 6672: what is answered to a client at a place. */
export function expectedOf(zone: Zone, qname: string, qtype: number, place: number): string {
  if (qtype === TYPE_ANY) return 'nothing'
  if (qname !== APEX && !qname.endsWith(`.${APEX}`)) return 'nothing'
  let encloser = APEX
  for (const name of pathTo(qname)) {
    if (!exists(zone, name)) break
    const { kind, types } = nodeAt(zone, name)
    // 3b; RFC 4035 §3.1.4.1.
    if (kind === 'cut' && name === qname && qtype === TYPE_DS)
      return dataOf(name, types, qtype, place)
    if (kind === 'cut') return `referral ${name}`
    // RFC 6672 §3.2: synthesized by the control thread.
    if (kind === 'redirect' && name !== qname) return 'nothing'
    encloser = name
  }
  if (encloser === qname) {
    if (qname === APEX && qtype === TYPE_DS) return 'nothing'
    return atNode(zone, qname, qtype, place)
  }
  // 3c; RFC 4592 §3.3.1.
  const source = `*.${encloser}`
  if (!exists(zone, source)) return 'nxdomain'
  const { kind } = nodeAt(zone, source)
  if (kind === 'cut' || kind === 'redirect') return 'nothing'
  return atNode(zone, source, qtype, place)
}

/** 3a */
function atNode(zone: Zone, name: string, qtype: number, place: number): string {
  const { kind, types } = nodeAt(zone, name)
  return dataOf(name, types, kind === 'alias' ? TYPE_CNAME : qtype, place)
}

function dataOf(name: string, types: ZoneNode['types'], type: number, place: number): string {
  const kept = types.get(type)
  if (kept === undefined || (kept === 'located' && place === 1)) return 'nodata'
  return kept === 'absent' ? 'nothing' : textOf(name, type)
}

function textOf(name: string, type: number): string {
  return `answer ${name} ${type}`
}

// ---- the same zone in a table ----

/** What a reader finds, in the words of `expectedOf`. */
export function foundBy(reader: TableReader, qname: Buffer, qtype: number, place: number): string {
  reader.beginBatch(1)
  const end = qname.length
  let found = reader.resolve(qname, 0, end, qtype, CLASS_IN, 0)
  if (found === FOUND_BY_CLIENT) {
    found = reader.resolveByClient(qname, 0, end, CLASS_IN, PLACES[place] ?? 0, 0)
  }
  const body = found === FOUND_NOTHING ? '' : bodyOf(reader, reader.ref).toString()
  const { rcode } = reader
  reader.endBatch()
  if (found === FOUND_NOTHING) return 'nothing'
  if (found === FOUND_NXDOMAIN) return rcode === 3 && body === 'soa' ? 'nxdomain' : `bad ${body}`
  if (rcode !== 0) return `rcode ${rcode}`
  if (found === FOUND_NODATA) return body === 'soa' ? 'nodata' : `bad ${body}`
  return found === FOUND_REFERRAL ? `referral ${body}` : `answer ${body}`
}

function choiceOf(name: string, type: number, kept: Kept): AnswerChoice | LocatedAnswers {
  const answer = answerOf(Buffer.from(`${name} ${type}`))
  if (kept === 'located') return { mapNumber: MAP, choices: [answer] }
  if (kept !== 'drawn') return answer
  return [
    { answer, upTo: 30_000 },
    { answer, upTo: 65_535 },
  ]
}

/** Names that are declared: those that exist, but none below a cut or a DNAME. */
function declaredOf(zone: Zone): readonly string[] {
  const names = new Set(Array.from(zone.keys()).flatMap((name) => pathTo(name)))
  return Array.from(names).filter((name) =>
    pathTo(name)
      .slice(0, -1)
      .every((above) => ['plain', 'alias'].includes(nodeAt(zone, above).kind)),
  )
}

/** Puts and declares one name; `onStep` after each change. */
function publishName(writer: TableWriter, zone: Zone, name: string, onStep: () => void): void {
  const { kind, types } = nodeAt(zone, name)
  const listed = Array.from(types.keys())
  const entries = writer.name(wireOf(name), CLASS_IN)
  for (const [type, kept] of types) {
    if (kept === 'absent') entries.delete(type)
    else entries.put(type, choiceOf(name, type, kept), untilReplaced)
    onStep()
    entries.select(wireOf(name), CLASS_IN)
  }
  if (name === APEX) listed.push(TYPE_SOA)
  const referral = answerOf(Buffer.from(name), { authoritative: false })
  if (kind === 'cut') entries.declareCut(listed, referral)
  else if (kind === 'redirect') entries.declareRedirect(listed)
  else if (kind === 'alias') entries.declareAlias(listed)
  else entries.declare(listed)
  onStep()
}

function putZone(writer: TableWriter, ...zones: readonly Zone[]): void {
  const nodes = zones.flatMap((zone) => Array.from(zone))
  writer.putZone(wireOf(APEX), CLASS_IN, answerOf(Buffer.from('soa')), {
    isWhole: true,
    hasWildcards: nodes.some(([name]) => name.split('.').includes('*')),
    hasSubtrees: nodes.some(([, { kind }]) => kind === 'cut' || kind === 'redirect'),
  })
}

/** New names come in this order, and go in the reverse: the deepest first, of one depth wildcards last. */
function compareDepth(a: string, b: string): number {
  const depths = b.split('.').length - a.split('.').length
  return depths === 0 ? Number(a.startsWith('*.')) - Number(b.startsWith('*.')) : depths
}

/** Puts a zone in place of another; `onStep` is called after each change of the table. */
export function changeZone(
  writer: TableWriter,
  from: Zone,
  to: Zone,
  onStep: () => void = () => undefined,
): void {
  const before = declaredOf(from)
  const after = declaredOf(to)
  writer.putMap(MAP, Uint16Array.of(1, CHOICE_NODATA))
  if (before.length > 0) putZone(writer, from, to)
  onStep()
  const added = after.filter((name) => !before.includes(name)).toSorted(compareDepth)
  for (const name of added) publishName(writer, to, name, onStep)
  for (const name of after) if (before.includes(name)) publishName(writer, to, name, onStep)
  const removed = before.filter((name) => !after.includes(name)).toSorted(compareDepth)
  for (const name of removed.toReversed()) {
    writer.name(wireOf(name), CLASS_IN).forget()
    onStep()
  }
  putZone(writer, to)
  onStep()
}
