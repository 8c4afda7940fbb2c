import { TYPE_HTTPS, TYPE_MX, TYPE_NS, TYPE_SRV, TYPE_SVCB } from '../dns/codes.ts'
import { keyOfWire } from './follow.ts'
import type { WireRrset } from './follow.ts'

/** Names of an rrset that are told: a message has no room for the addresses of many more. */
const SERVERS_MAX = 64
/** The root as a key. */
const ROOT = '\0'

/** Where the name of a server stands in the rdata of a type. */
const serverAt = new Map<number, number>([
  [TYPE_NS, 0],
  [TYPE_MX, 2],
  [TYPE_SRV, 6],
  [TYPE_SVCB, 2],
  [TYPE_HTTPS, 2],
])

/**
 * The names in an rrset whose addresses are wanted next, and so are added to an answer (RFC 1035 §3.3, RFC 2782,
 * RFC 9460 §4.1), as keys; `owner`: of the rrset.
 */
export function serversOf({ type, rdata }: WireRrset, owner: string): ReadonlySet<string> {
  const servers = new Set<string>()
  const at = serverAt.get(type)
  if (at === undefined) return servers
  for (const one of rdata) {
    if (servers.size >= SERVERS_MAX) break
    const server = keyOfWire(one, at)
    if (server !== ROOT) servers.add(server)
    // RFC 9460 §2.5.2: "." in ServiceMode is the owner. Else it says that there is no server: §2.5.1, and
    // RFC 7505 and RFC 2782.
    else if (isService(type) && (one[0] !== 0 || one[1] !== 0)) servers.add(owner)
  }
  return servers
}

function isService(type: number): boolean {
  return type === TYPE_SVCB || type === TYPE_HTTPS
}
