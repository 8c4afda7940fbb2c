import { TYPE_A, TYPE_AAAA, TYPE_SRV } from '../../shared/dns/codes.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { Place } from './topology.ts'

/** The types that apps in packed form are answered with. */
export const packedTypes = [TYPE_A, TYPE_AAAA, TYPE_SRV] as const

export type PackedType = (typeof packedTypes)[number]

/** An endpoint while it is chosen from, and where its addresses are; used again for the next app. */
export interface PackedCandidate {
  place: Place
  clientKm: number
  priority: number
  weight: number
  /** 0 for none. */
  port: number
  state: Cluster['state']
  hasAddress: boolean
  isDown: boolean
  isDegraded: boolean
  words: Int32Array
  /** Where the addresses are: IPv4, then IPv6. */
  at: number
  ipv4: number
  ipv6: number
}

/** Whether a candidate has something to answer a type with. */
export function hasType({ ipv4, ipv6, port }: PackedCandidate, qtype: PackedType): boolean {
  if (qtype === TYPE_A) return ipv4 > 0
  return qtype === TYPE_AAAA ? ipv6 > 0 : port !== 0 && ipv4 + ipv6 > 0
}

/** One that is nothing yet, on a cluster. */
export function emptyCandidate(place: Place): PackedCandidate {
  const words = new Int32Array()
  const flags = { hasAddress: false, isDown: false, isDegraded: false }
  const base = { place, clientKm: 0, priority: 0, weight: 0, port: 0, state: 'active' as const }
  return { ...base, ...flags, words, at: 0, ipv4: 0, ipv6: 0 }
}
