import {
  addressesEnd,
  APP_WORDS,
  clusterOf,
  ENDPOINT_WORDS,
  endpointsOf,
  healthOf,
  ipv4CountOf,
  ipv6CountOf,
  isForced,
  nextEndpoint,
  ownerOf,
  ownerWordsOf,
  portOf,
  priorityOf,
  readHealth,
  sharesAt,
  stateOf,
  styleOf,
  ttlMaxOf,
  ttlMinOf,
  weightOf,
} from './packed-app.ts'
import type { PackedApp } from './packed-app.ts'
import { IPV6_WORDS, ipv4Text, ipv6Text } from './packed-addresses.ts'
import type { PackIds } from './pack-ids.ts'
import { FORCED_FROM, healthLine, SHARES_FROM } from './snapshot-line.ts'

/**
 * The same as the end of a snapshot's line (`snapshot-line.ts`), from the policy on, as JSON text:
 * without the objects that would be thrown away at once.
 */
export function jsonOfApp({ words, at }: PackedApp, ids: PackIds): string {
  const health = JSON.stringify(healthLine(readHealth(words, at)))
  const { policy, service } = ids.styleOf(styleOf(words, at))
  let text = `${JSON.stringify(policy)},${ttlMinOf(words, at)},${ttlMaxOf(words, at)},${health}`
  if (service !== undefined) text += `,${JSON.stringify(service)}`
  let off = at + APP_WORDS
  let shareAt = sharesAt(words, at)
  for (let left = endpointsOf(words, at); left > 0; left--) {
    const share = shareAt === 0 ? 0 : (words[shareAt++] ?? 0) * SHARES_FROM
    const ownerAt = ownerWordsOf(words, off) === 0 ? 0 : addressesEnd(words, off)
    const owner = ownerAt === 0 ? '""' : JSON.stringify(ownerOf(words, ownerAt))
    // An id is a DNS label: nothing in it is escaped.
    text += `,["${ids.clusters.textOf(clusterOf(words, off))}",${weightOf(words, off)},${priorityOf(words, off)}`
    text += `,${portOf(words, off)},${owner},${healthOf(words, off) + (isForced(words, off) ? FORCED_FROM : 0)},${stateOf(words, off) + share}`
    for (let i = 0; i < ipv4CountOf(words, off); i++) {
      text += `,"${ipv4Text(words[off + ENDPOINT_WORDS + i] ?? 0)}"`
    }
    const ipv6At = off + ENDPOINT_WORDS + ipv4CountOf(words, off)
    for (let i = 0; i < ipv6CountOf(words, off); i++) {
      text += `,"${ipv6Text(words, ipv6At + IPV6_WORDS * i)}"`
    }
    text += ']'
    off = nextEndpoint(words, off)
  }
  return text
}
