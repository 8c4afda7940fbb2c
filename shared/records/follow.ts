/**
 * What a question is answered with out of zones (RFC 1034 §4.3.2): where its name stands, and where aliases
 * lead from there (CNAME, and DNAME by RFC 6672), as long as they stay within zones that are held.
 *
 * Names are keys here: lower case wire form as latin1 text (`nameKey`).
 */
import { TYPE_ANY, TYPE_CNAME, TYPE_DS } from '../dns/codes.ts'
import { NAME_MAX_BYTES } from '../dns/name.ts'
import type { Standing } from './standing.ts'
import { TYPE_DNAME } from './types.ts'

/** The records of one name and type; rdata in wire form, names uncompressed and in their own case. */
export interface WireRrset {
  readonly type: number
  readonly ttl: number
  readonly rdata: readonly Uint8Array[]
}

/** A name as it stands in its zone, with what answers it. `Z`: what is known of the zone. */
export interface ZoneNode<Z> {
  readonly is: Standing<string>['is']
  /** The name whose records these are; the empty string where nothing is. */
  readonly at: string
  readonly zone: Z
  readonly rrsets: readonly WireRrset[]
  /** Whether an app stands at `at`; 'unknown' where `at` is to be asked for first. */
  readonly hasApp: boolean | 'unknown'
}

/** Finds names. 'outside': in no zone that is held; 'unknown': it is to be asked for. */
export interface ZoneLookup<Z> {
  readonly find: (name: string, isDs: boolean) => ZoneNode<Z> | 'outside' | 'unknown'
}

/** One record on the way: a CNAME, or a DNAME that one was made by. */
export interface Link {
  readonly owner: string
  readonly type: typeof TYPE_CNAME | typeof TYPE_DNAME
  readonly ttl: number
  readonly rdata: Uint8Array
}

/** What the way ends with. */
export type End<Z> =
  /** Records of the type. */
  | { readonly is: 'rrset'; readonly node: ZoneNode<Z>; readonly rrset: WireRrset }
  /** An app, which is asked for the type. */
  | { readonly is: 'app'; readonly node: ZoneNode<Z> }
  /** The name is there, and it was asked for any type: RFC 8482 says with what. */
  | { readonly is: 'any'; readonly node: ZoneNode<Z> }
  | { readonly is: 'nodata'; readonly node: ZoneNode<Z> }
  | { readonly is: 'nxdomain'; readonly node: ZoneNode<Z> }
  | { readonly is: 'referral'; readonly node: ZoneNode<Z> }
  /** RFC 6672 §2.2: a DNAME record would make too long a name. */
  | { readonly is: 'too-long' }
  /** It leads out of the zones, round in a circle, or on for too long; or goes no further for this type. */
  | { readonly is: 'outside' }
  /** What `name` is has to be asked for. */
  | { readonly is: 'unknown'; readonly name: string }

/** The way from a question to its answer. */
export interface Found<Z> {
  readonly links: readonly Link[]
  /** The name that the end is about: the one that was asked for, or where the links lead. */
  readonly name: string
  readonly end: End<Z>
  /** All other names that it goes by: those that were led to, and those that stand for others. */
  readonly names: readonly Dependency[]
}

/** A name that an answer goes by, and what it goes by there: itself, names above it, or that it is not held. */
export interface Dependency {
  readonly name: string
  readonly by: 'itself' | 'above' | 'outside'
}

/** CNAME records that are followed; a longer way is for the client's resolver to go on with. */
export const LINKS_MAX = 16

/** Follows a question to its answer. */
export function follow<Z>(lookup: ZoneLookup<Z>, qname: string, qtype: number): Found<Z> {
  const links: Link[] = []
  const names: Dependency[] = []
  const found = (name: string, end: End<Z>): Found<Z> => ({ links, name, end, names })
  const seen = new Set([qname])
  let name = qname
  for (let count = 0; ; count++) {
    const node = lookup.find(name, qtype === TYPE_DS)
    if (name !== qname) names.push(dependencyOf(name, node))
    if (node === 'outside') return found(name, { is: 'outside' })
    if (node === 'unknown') return found(name, { is: 'unknown', name })
    if (node.at !== '' && node.at !== name) names.push({ name: node.at, by: 'itself' })
    const step = node.is === 'redirect' ? redirect(node, name) : endOf(node, qtype)
    if ('is' in step) return found(name, step)
    const { link, target } = step
    if (count >= LINKS_MAX) return found(name, { is: 'outside' })
    if (node.is === 'redirect') {
      // A record is in an answer once, however often it is gone by.
      if (!links.some(({ owner, type }) => type === TYPE_DNAME && owner === link.owner)) {
        links.push(link)
      }
      if (target.length > NAME_MAX_BYTES) return found(name, { is: 'too-long' })
      links.push({ owner: name, type: TYPE_CNAME, ttl: link.ttl, rdata: step.cname })
    } else links.push({ ...link, owner: name })
    // A CNAME record that was made for the name is of the type that is asked for, as one that stands there is;
    // RFC 8482 §4.1: an answer to ANY may be any part of what there is.
    const isEnough = qtype === TYPE_CNAME || qtype === TYPE_ANY
    if (isEnough || seen.has(target)) return found(target, { is: 'outside' })
    seen.add(target)
    name = target
  }
}

/** By what an answer goes that goes by a name. */
export function dependencyOf<Z>(
  name: string,
  node: ZoneNode<Z> | 'outside' | 'unknown',
): Dependency {
  if (typeof node === 'string') return { name, by: node === 'outside' ? 'outside' : 'itself' }
  return { name, by: node.is === 'name' ? 'itself' : 'above' }
}

/** A link, and where it leads. */
interface Step {
  readonly link: Link
  readonly target: string
  /** The rdata of the CNAME record that leads there. */
  readonly cname: Uint8Array
}

/** RFC 6672 §3.1: a CNAME record is made for the name, with the TTL of the DNAME record. */
function redirect<Z>({ at, rrsets }: ZoneNode<Z>, name: string): Step | End<Z> {
  const rrset = rrsetOf(rrsets, TYPE_DNAME)
  const rdata = rrset?.rdata[0]
  if (rrset === undefined || rdata === undefined) return { is: 'outside' }
  const link: Link = { owner: at, type: TYPE_DNAME, ttl: rrset.ttl, rdata }
  const prefix = Buffer.from(name.slice(0, name.length - at.length), 'latin1')
  const cname = Buffer.concat([prefix, rdata])
  return { link, target: keyOfWire(cname), cname }
}

function endOf<Z>(node: ZoneNode<Z>, qtype: number): Step | End<Z> {
  if (node.is === 'cut') return { is: 'referral', node }
  if (node.is === 'nothing') return { is: 'nxdomain', node }
  if (node.hasApp === 'unknown') return { is: 'unknown', name: node.at }
  const rrset = rrsetOf(node.rrsets, qtype)
  if (rrset !== undefined) return { is: 'rrset', node, rrset }
  const alias = rrsetOf(node.rrsets, TYPE_CNAME)
  const rdata = alias?.rdata[0]
  if (alias !== undefined && rdata !== undefined) {
    const link: Link = { owner: node.at, type: TYPE_CNAME, ttl: alias.ttl, rdata }
    return { link, target: keyOfWire(rdata), cname: rdata }
  }
  if (node.hasApp) return { is: 'app', node }
  return { is: qtype === TYPE_ANY ? 'any' : 'nodata', node }
}

/** The records of a type. */
export function rrsetOf(rrsets: readonly WireRrset[], type: number): WireRrset | undefined {
  for (const rrset of rrsets) if (rrset.type === type) return rrset
  return undefined
}

/** The key of a name in wire form, uncompressed, of any case. */
export function keyOfWire(wire: Uint8Array, at = 0): string {
  let key = ''
  for (let off = at; off < wire.length;) {
    const length = wire[off] ?? 0
    key += String.fromCharCode(length)
    for (const end = ++off + length; off < end; off++) {
      const octet = wire[off] ?? 0
      // RFC 4343 §3: A to Z equal a to z.
      key += String.fromCharCode(octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)
    }
    if (length === 0) break
  }
  return key
}

/** The key of the name with one label less. */
export function parentKey(key: string): string {
  return key.slice(1 + key.charCodeAt(0))
}

/** The key of the wildcard directly below a name (RFC 4592 §2.1.1). */
export function wildcardKey(key: string): string {
  return `${ASTERISK_LABEL}${key}`
}

/** Whether a name is a wildcard. */
export function isWildcardKey(key: string): boolean {
  return key.startsWith(ASTERISK_LABEL)
}

const ASTERISK_LABEL = '\u0001*'
