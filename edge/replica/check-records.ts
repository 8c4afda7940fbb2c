import { TTL_MAX, TYPE_NS, TYPE_SOA } from '../../shared/dns/codes.ts'
import { isAtOrUnder, nameKey, parentOf } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { rrsetOf } from '../../shared/records/follow.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { parseRdata } from '../../shared/records/rdata.ts'
import { formatRecordType, isMetaType, TYPE_DNAME } from '../../shared/records/types.ts'
import { RRSET_MAX_BYTES, RRSET_RECORDS_MAX } from '../../shared/registry/limits.ts'
import type { Cover__Output } from '../../shared/rpc/generated/meridian/v1/Cover.ts'
import type { Rrset__Output } from '../../shared/rpc/generated/meridian/v1/Rrset.ts'
import type { Rrsets__Output } from '../../shared/rpc/generated/meridian/v1/Rrsets.ts'
import { checkName, invalid } from './invalid.ts'
import type { NamedRrsets, ReplicaCover } from './model.ts'

/** Types that one name can have records of: as many as an edge looks through at ease. */
const TYPES_MAX = 1_000
/** What error messages quote of a text. */
const QUOTED_CHARACTERS = 100

/** Takes the static records of a name; throws MERIDIAN_CENTRAL_INVALID, as all of these do. */
export function checkRrsets(name: Name, rrsets: readonly Rrset__Output[]): readonly WireRrset[] {
  if (rrsets.length > TYPES_MAX) {
    throw invalid(`records of ${name}`, `${rrsets.length} types`, `at most ${TYPES_MAX}`)
  }
  const types = new Set<number>()
  return rrsets.map((rrset) => {
    if (types.has(rrset.type)) {
      const what = `${name} ${formatRecordType(rrset.type)}`
      throw invalid(what, 'the type twice', 'one rrset of each type')
    }
    types.add(rrset.type)
    return checkRrset(name, rrset)
  })
}

function checkRrset(name: Name, { type, ttl, rdata: texts }: Rrset__Output): WireRrset {
  if (type > 0xffff || isMetaType(type) || type === TYPE_SOA) {
    throw invalid(`records of ${name}`, `type ${type}`, 'a type that a zone has records of')
  }
  const what = `${name} ${formatRecordType(type)}`
  // RFC 2181 §8: "a minimum value of 0, and a maximum value of 2147483647"
  if (ttl > TTL_MAX) throw invalid(`${what} ttl`, String(ttl), `0..${TTL_MAX}`)
  if (texts.length === 0 || texts.length > RRSET_RECORDS_MAX) {
    throw invalid(what, `${texts.length} records`, `1..${RRSET_RECORDS_MAX}`)
  }
  let bytes = 0
  const rdata = texts.map((text) => {
    const read = parseRdata(type, text)
    if (read.ok) {
      bytes += read.rdata.length
      return read.rdata
    }
    const { column, found, wanted } = read.fault
    const quoted = JSON.stringify(text.slice(0, QUOTED_CHARACTERS))
    const part = JSON.stringify(found?.slice(0, QUOTED_CHARACTERS) ?? '')
    throw invalid(`${what} rdata`, quoted, `another: in column ${column} ${part} ${wanted}`)
  })
  if (bytes > RRSET_MAX_BYTES) {
    throw invalid(what, `${bytes} octets of rdata`, `at most ${RRSET_MAX_BYTES}`)
  }
  return { type, ttl, rdata }
}

const coverKinds = { WILDCARD: 'wildcard', CUT: 'cut', REDIRECT: 'redirect' } as const

/** Takes what a name is answered by in its place. */
export function checkCover(name: Name, cover: Cover__Output): ReplicaCover {
  const is = coverKinds[cover.kind]
  const what = `cover of ${name}`
  if (is === undefined) throw invalid(what, cover.kind, 'a kind that this edge knows')
  if (cover.owner === null) throw invalid(what, 'nothing', 'records')
  const ownerName = checkName(`${what} owner`, cover.owner.name)
  const owner = checkNamed(cover.owner)
  if (!mayCover(is, ownerName, name)) {
    throw invalid(what, `a ${is} at ${ownerName}`, `one that can be for ${name}`)
  }
  const wanted = is === 'cut' ? TYPE_NS : is === 'redirect' ? TYPE_DNAME : undefined
  if (wanted !== undefined && rrsetOf(owner.rrsets, wanted) === undefined) {
    throw invalid(what, `a ${is} at ${ownerName}`, `${formatRecordType(wanted)} records there`)
  }
  if (cover.glue.length > RRSET_RECORDS_MAX) {
    throw invalid(`${what} glue`, `${cover.glue.length} names`, `at most ${RRSET_RECORDS_MAX}`)
  }
  return { is, owner, glue: cover.glue.map(checkNamed) }
}

function mayCover(is: ReplicaCover['is'], owner: Name, name: Name): boolean {
  switch (is) {
    case 'cut':
      return isAtOrUnder(name, owner)
    case 'redirect':
      return name !== owner && isAtOrUnder(name, owner)
    default: {
      // RFC 4592 §3.3.1: a wildcard stands directly below an ancestor of the name.
      const encloser = parentOf(owner)
      if (!owner.startsWith('*.') || encloser === undefined || name === owner) return false
      return name !== encloser && isAtOrUnder(name, encloser)
    }
  }
}

function checkNamed({ name: text, rrsets }: Rrsets__Output): NamedRrsets {
  const name = checkName('cover name', text)
  return { key: nameKey(name), rrsets: checkRrsets(name, rrsets) }
}
