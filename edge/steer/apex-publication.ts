import { TYPE_DS } from '../../shared/dns/codes.ts'
import { rrsetOf } from '../../shared/records/follow.ts'
import type { Dependency } from '../../shared/records/follow.ts'
import { rrsetAnswer } from './publication.ts'
import type { Publication, TypedAnswer } from './publication.ts'
import type { MeshLookup } from './zone-lookup.ts'
import type { ServedZone } from './zones.ts'

/** What the table is to have of the apex of a zone, given that of its name as of any other. */
export function apexPublicationOf(
  lookup: MeshLookup,
  served: ServedZone,
  ofName: Publication | undefined,
): Publication {
  if (ofName !== undefined && ofName.as !== 'unsaid') {
    return { ...ofName, answers: [...ofName.answers, ...dsOf(lookup, served)] }
  }
  // What stands at the apex of a zone on demand is asked of central like any other name.
  const { apexKey: at, apexRrsets: rrsets } = served
  const node = { is: 'name', at, zone: served, rrsets, hasApp: false } as const
  const dependencies: Dependency[] = []
  const answers = rrsets.map((rrset) => rrsetAnswer(lookup, at, node, rrset, dependencies))
  return { as: 'unsaid', answers, dependencies, usesClient: false }
}

/** RFC 4035 §3.1.4.1: the DS records of an apex are of the zone above. */
function dsOf(lookup: MeshLookup, served: ServedZone): readonly TypedAnswer[] {
  const node = lookup.find(served.apexKey, true)
  if (typeof node === 'string' || node.zone === served || node.is !== 'name') return []
  const rrset = rrsetOf(node.rrsets, TYPE_DS)
  return rrset === undefined ? [] : [rrsetAnswer(lookup, served.apexKey, node, rrset, [])]
}
