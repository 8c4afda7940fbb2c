import { TYPE_DS } from '../../../shared/dns/codes.ts'
import { isAtOrUnder } from '../../../shared/dns/name.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { Question } from './questions.ts'
import type { Reply } from './reply.ts'

/** The replies to one question, all sent in the same way. */
export interface Replies {
  readonly question: Question
  readonly ours: Reply
  readonly nsd: Reply
  readonly knot: Reply
}

/** What an answer says; additional data is looked at apart, as much of it is left to the server. */
export function essenceOf({ rcode, aa, answer, authority }: Reply): string {
  return JSON.stringify({ rcode, aa, answer, authority })
}

/** Whether NSD and Knot say the same. */
export function doPeersAgree({ nsd, knot }: Pick<Replies, 'nsd' | 'knot'>): boolean {
  return essenceOf(nsd) === essenceOf(knot)
}

/** What NSD and Knot answer differently, with the sentence that settles it. */
export interface PeerDifference {
  readonly what: string
  readonly settledBy: string
  readonly isIt: (replies: Replies, apexes: readonly Name[]) => boolean
}

/** The most CNAME records that Knot puts into an answer. */
const KNOT_LINKS = 5

/** In the order in which they are tried. */
export const peerDifferences: readonly PeerDifference[] = [
  {
    what: 'a name gets too long: Knot adds SOA or what stands at the target, or says NXDOMAIN; NSD and we say YXDOMAIN alone',
    settledBy:
      'RFC 6672 §2.2: "the server returns an RCODE of YXDOMAIN", "The DNAME record … included in the answer as proof"',
    isIt: ({ nsd, knot }) =>
      nsd.rcode === 'YXDOMAIN' && nsd.answer.every((record, i) => record === knot.answer[i]),
  },
  {
    what: 'Knot ends a chain where it leaves the zone, NSD and we follow it',
    settledBy:
      'RFC 1034 §4.3.2 step 3a: "change QNAME to the canonical name in the CNAME RR, and go back to step 1"',
    isIt: ({ question: { qname }, nsd }, apexes) =>
      new Set(namesOfChain(qname, nsd).map((name) => zoneOf(name, apexes))).size > 1,
  },
  {
    what: 'a chain ends at an apex that is asked for DS: Knot stays in the zone, NSD and we go to that above',
    settledBy: 'RFC 4035 §3.1.4.1: the DS records of a name stand on the parent side of a cut',
    isIt: ({ question: { qname, qtype }, nsd }, apexes) =>
      qtype === TYPE_DS && apexes.includes(namesOfChain(qname, nsd).at(-1) ?? qname),
  },
  {
    what: 'Knot follows five links of a chain, NSD and we more',
    settledBy:
      'RFC 1034 §3.6.2: "CNAME chains should be followed and CNAME loops signalled as an error"',
    isIt: ({ nsd, knot }) =>
      knot.answer.filter(isAlias).length === KNOT_LINKS &&
      knot.answer.every((record, i) => record === nsd.answer[i]),
  },
]

function isAlias(record: string): boolean {
  return record.split(' ')[2] === 'CNAME'
}

/** What NSD and Knot do differently here, but for loops; undefined when nothing explains it. */
export function peerDifferenceOf(
  replies: Replies,
  apexes: readonly Name[],
): PeerDifference | undefined {
  return peerDifferences.find(({ isIt }) => isIt(replies, apexes))
}

/**
 * Whether a chain goes round in a circle, or comes to the same DNAME again. NSD ends there, Knot after five
 * links, we after sixteen or where the name gets too long; no RFC says how often a server goes round. RFC 1034
 * §3.6.2: "domain software should not fail when presented with CNAME chains or loops"
 */
export function isLoop({ question: { qname }, nsd }: Pick<Replies, 'question' | 'nsd'>): boolean {
  // A DNAME record stands alone there, with nothing that was made by it.
  if (nsd.rcode === 'YXDOMAIN') return false
  const last = namesOfChain(qname, nsd).at(-1) ?? qname
  return (
    nsd.answer.some((record) => isAlias(record) && record.startsWith(`${last} `)) ||
    dnamesOf(nsd).some((owner) => last !== owner && isAtOrUnder(last, owner))
  )
}

/** Whether we answer a loop as NSD does, or end sooner or later in it. */
export function isLoopLike(ours: Reply, nsd: Reply): boolean {
  const length = Math.min(ours.answer.length, nsd.answer.length)
  const isSame = nsd.answer.slice(0, length).every((record, i) => record === ours.answer[i])
  return isSame && length > 0 && ours.aa === nsd.aa
}

/** The names that a chain of CNAME records goes through, from the question to where it ends. */
export function namesOfChain(qname: Name, { answer }: Reply): readonly Name[] {
  const next = new Map<Name, Name>()
  for (const record of answer) {
    const [owner = '', , type, target = ''] = record.split(' ')
    if (type === 'CNAME') next.set(owner, target)
  }
  const names = [qname]
  for (let at = next.get(qname); at !== undefined && !names.includes(at); at = next.get(at)) {
    names.push(at)
  }
  return names
}

function dnamesOf({ answer }: Reply): readonly Name[] {
  return answer.flatMap((record) => {
    const [owner = '', , type] = record.split(' ')
    return type === 'DNAME' ? [owner] : []
  })
}

function zoneOf(name: Name, apexes: readonly Name[]): Name | undefined {
  return apexes
    .filter((apex) => isAtOrUnder(name, apex))
    .reduce<Name | undefined>(
      (longest, apex) => (apex.length > (longest?.length ?? 0) ? apex : longest),
      undefined,
    )
}
