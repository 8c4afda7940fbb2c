import { isAtOrUnder, parentOf } from '../../../shared/dns/name.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { formatRecordType } from '../../../shared/records/types.ts'
import { formatRecord } from '../../../shared/zonefile/print.ts'
import { EDNS_UDP_BYTES } from './exchange.ts'
import {
  doPeersAgree,
  essenceOf,
  isLoop,
  isLoopLike,
  namesOfChain,
  peerDifferenceOf,
} from './judge.ts'
import type { Replies } from './judge.ts'
import type { Question } from './questions.ts'
import type { Reply } from './reply.ts'
import type { MadeZone } from './zone-maker.ts'

/** RFC 1035 §4.2.1: what a message may have over UDP where nothing is said by EDNS. */
const PLAIN_UDP_BYTES = 512
const OPT_BYTES = 11
/** Lines that a fault is shown in. */
const LINES_MAX = 25

/**
 * Says what is wrong with an answer over TCP, where all fits; undefined when it is right. Where NSD and
 * Knot agree it is what they say, and where they differ what `peerDifferences` settles.
 */
export function faultOverTcp(
  replies: Replies,
  { apexes, holdsAll }: { readonly apexes: readonly Name[]; readonly holdsAll: boolean },
): string | undefined {
  const { ours, nsd, knot } = replies
  if (isLoop(replies)) return isLoopLike(ours, nsd) ? undefined : 'differs from NSD in a loop'
  const settled = doPeersAgree(replies) ? undefined : peerDifferenceOf(replies, apexes)
  if (!doPeersAgree(replies) && settled === undefined)
    return 'NSD and Knot differ, nothing settles it'
  if (essenceOf(ours) !== essenceOf(nsd)) {
    return settled === undefined ? 'differs from both' : `differs from NSD: ${settled.what}`
  }
  if (ours.tc) return 'truncated over TCP'
  if (settled !== undefined) return undefined
  // What both add is wanted, as it is what a client asks for next; what one of them adds is not. Of who does
  // not hold all only glue (RFC 9471 §3.1) is: RFC 1034 §4.3.2 step 6: "Using local data only, attempt to add
  // other RRs which may be useful".
  const cut = cutOf(ours)
  const missing = nsd.additional.filter(
    (record) =>
      knot.additional.includes(record) &&
      !ours.additional.includes(record) &&
      (holdsAll || (cut !== undefined && isAtOrUnder(ownerOf(record), cut))),
  )
  return missing.length === 0 ? undefined : `lacks additional data: ${missing.join(', ')}`
}

/** Says what of the additional section is in no zone, not even by a wildcard; undefined when all is. */
export function invented({ additional }: Reply, inZones: ReadonlySet<string>): string | undefined {
  const strange = additional.filter((record) => {
    const owner = ownerOf(record)
    const owners = [owner]
    for (let at = parentOf(owner); at !== undefined; at = parentOf(at)) owners.push(`*.${at}`)
    return !owners.some((each) => inZones.has(`${each}${record.slice(owner.length)}`))
  })
  return strange.length === 0 ? undefined : `adds what is in no zone: ${strange.join(', ')}`
}

/** Says what is wrong with an answer over UDP, given that over TCP; undefined when it is right. */
export function faultOverUdp(
  udp: Reply,
  tcp: Reply,
  { holdsAll }: { readonly holdsAll: boolean },
): string | undefined {
  const limit = udp.hasEdns ? EDNS_UDP_BYTES : PLAIN_UDP_BYTES
  const without = udp.hasEdns ? 0 : OPT_BYTES
  if (udp.bytes > limit) return `${udp.bytes} octets over UDP, at most ${limit} fit`
  if (udp.tc) {
    // RFC 2181 §9: "The TC bit should be set in responses only when an RRSet is required as a part of the
    // response, but could not be included in its entirety."
    // RFC 9471 §3.2: where glue of siblings does not fit, "the name server MAY set TC=1".
    const isReferred = cutOf(tcp) !== undefined
    if (isReferred && !holdsAll) return undefined
    const needed = (isReferred ? tcp.bytes : tcp.essentialBytes) - without
    return needed > limit ? undefined : `truncated, though ${needed} of ${limit} octets are needed`
  }
  if (essenceOf(udp) !== essenceOf(tcp)) return 'differs from what is answered over TCP'
  const dropped = tcp.additional.filter((record) => !udp.additional.includes(record))
  if (holdsAll && dropped.length > 0 && tcp.bytes - without <= limit)
    return 'drops additional data that fits'
  // RFC 9471 §3.1: glue for in-domain name servers is there, or TC is set.
  const cut = cutOf(tcp)
  const lost = dropped.filter((record) => cut !== undefined && isAtOrUnder(ownerOf(record), cut))
  return lost.length === 0 ? undefined : `drops glue without TC: ${lost.join(', ')}`
}

/** Whether a reply is a referral: not authoritative, with name servers to ask. */
export function isReferral({ aa, answer, authority }: Reply): boolean {
  return !aa && answer.length === 0 && authority.length > 0
}

/** The cut whose name servers are named: of a referral, or behind a chain that leads below a cut. */
function cutOf({ authority }: Reply): Name | undefined {
  const [owner, , type] = authority[0]?.split(' ') ?? []
  return type === 'NS' ? owner : undefined
}

function ownerOf(record: string): Name {
  return record.split(' ')[0] ?? '.'
}

/** A fault as a person wants to see it: the question, the replies, and the lines of the zones. */
export function showFault(
  what: string,
  question: Question,
  replies: { readonly [who: string]: Reply },
  zones: readonly MadeZone[],
): string {
  const names = new Set(
    Object.values(replies).flatMap((reply) => [
      ...namesOfChain(question.qname, reply),
      ...[...reply.answer, ...reply.authority].map(ownerOf),
    ]),
  )
  const lines = [
    `${question.qname} ${formatRecordType(question.qtype)}: ${what}`,
    ...Object.entries(replies).map(([who, reply]) => `${who}: ${JSON.stringify(reply)}`),
    ...new Set([...names].flatMap((name) => linesAbout(name, zones))),
  ]
  return lines.slice(0, LINES_MAX).join('\n')
}

/** The records at a name, at its ancestors and at the wildcards below these. */
function linesAbout(name: Name, zones: readonly MadeZone[]): readonly string[] {
  const owners = new Set<Name>()
  for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
    owners.add(at).add(`*.${at}`)
  }
  return zones.flatMap(({ apex, records }) =>
    records
      .filter(({ owner }) => owners.has(owner) && owner !== apex)
      .map((record) => `  ${apex}: ${formatRecord(record)}`),
  )
}
