import {
  EDNS_OPTION_ECS,
  rcodeName,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  typeName,
} from '../../shared/dns/codes.ts'
import { ECS_FAMILY_IPV4, ECS_HEADER_BYTES } from '../../shared/dns/edns.ts'
import type { EdnsOption } from '../../shared/dns/edns.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import type { ResourceRecord } from '../../shared/dns/message.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { parsePrefix, prefixText } from '../../shared/geo/prefix.ts'
import type { ReplicaApp } from '../replica/model.ts'
import type { Replica } from '../replica/replica.ts'

/** As much of an IPv4 address is logged: a network, and not who is in it. */
const IPV4_BITS = 24
/** The same of an IPv6 address. */
const IPV6_BITS = 56

/** One answer, as a line of the log has it. `meridian simulate --queries` reads these lines. */
export interface Decision {
  /** RFC 3339. */
  readonly time: string
  /** The prefix that the client is in, no longer than /24 or /56. */
  readonly client: string
  readonly edge: string
  readonly qname: string
  readonly qtype: string
  readonly rcode: string
  /** Of the endpoints whose addresses are in the answer, or whose target is. */
  readonly clusters: readonly string[]
  /** As text; absent where the name is no app. */
  readonly policy?: string
}

/** What a line is made of, beside the answer. */
export interface DecisionContext {
  readonly edge: string
  readonly replica: Pick<Replica, 'tables'>
  /** Wall clock, ms since 1970. */
  readonly epochMs: number
}

/** Makes a line of an answer and the address that it went to; undefined for what is no answer to a question. */
export function decisionOf(
  answer: Uint8Array,
  address: string,
  { edge, replica, epochMs }: DecisionContext,
): Decision | undefined {
  const message = decodeMessage(answer)
  const question = message?.questions[0]
  if (message === undefined || question === undefined) return undefined
  const client = clientSubnetOf(message.edns?.options ?? []) ?? prefixOf(address)
  if (client === undefined) return undefined
  const { name, type } = question
  const app = replica.tables.names.peek(nameKey(name))?.app
  return {
    time: new Date(epochMs).toISOString(),
    client,
    edge,
    qname: name,
    qtype: typeName(type),
    rcode: rcodeName(message.rcode),
    clusters: app === undefined ? [] : clustersOf(app, replica, message.answers),
    ...(app !== undefined && { policy: app.policy }),
  }
}

function clustersOf(
  app: ReplicaApp,
  { tables }: DecisionContext['replica'],
  answers: readonly ResourceRecord[],
): readonly string[] {
  const addresses = new Set<string>()
  const targets = new Set<string>()
  for (const { type, rdata } of answers) {
    if (rdata.kind === 'address' && (type === TYPE_A || type === TYPE_AAAA)) {
      addresses.add(rdata.address)
    } else if (rdata.kind === 'name' && type === TYPE_CNAME) targets.add(rdata.name)
  }
  return app.endpoints.flatMap((endpoint) => {
    const { cluster, target } = endpoint
    if (target !== undefined) return targets.has(target) ? [cluster] : []
    const own = endpoint.addresses
    const all = own.length > 0 ? own : (tables.clusters.get(cluster)?.addresses ?? [])
    return all.some((one) => addresses.has(one)) ? [cluster] : []
  })
}

/** RFC 7871 §6: the prefix that the answer says it was made for; only trusted senders are told one. */
function clientSubnetOf(options: readonly EdnsOption[]): string | undefined {
  const data = options.find(({ code }) => code === EDNS_OPTION_ECS)?.data
  if (data === undefined || data.length < ECS_HEADER_BYTES) return undefined
  const isIpv4 = data.readUInt16BE(0) === ECS_FAMILY_IPV4
  const octets = Buffer.alloc(isIpv4 ? 4 : 16)
  data.copy(octets, 0, ECS_HEADER_BYTES)
  const words = Array.from({ length: octets.length / 4 }, (_, i) => octets.readUInt32BE(4 * i))
  const source = data[2] ?? 0
  // SOURCE 0 is a client that does not want to be known (RFC 7871 §7.1.2).
  return source === 0 ? undefined : cut(words, source)
}

function prefixOf(address: string): string | undefined {
  const isIpv6 = address.includes(':')
  const parsed = parsePrefix(`${address}/${isIpv6 ? 128 : 32}`)
  return parsed.ok ? cut(parsed.prefix.words, parsed.prefix.bits) : undefined
}

function cut(words: readonly number[], length: number): string {
  const isIpv4 = words.length === 1
  const bits = Math.min(length, isIpv4 ? IPV4_BITS : IPV6_BITS)
  const kept = words.map((word, i) => {
    const left = Math.min(Math.max(bits - i * 32, 0), 32)
    // A shift by 32 is one by 0.
    return left === 0 ? 0 : (word & (0xffff_ffff << (32 - left))) >>> 0
  })
  return prefixText({ family: isIpv4 ? 4 : 6, words: kept, bits })
}
