import { CLASS_IN, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_SRV } from '../../shared/dns/codes.ts'
import type { Rdata, ResourceRecord } from '../../shared/dns/message.ts'
import type { Name } from '../../shared/dns/name.ts'
import { svcbToWire } from '../../shared/dns/svcb.ts'
import { ADDRESSES_MAX } from '../../shared/registry/limits.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import {
  isAnswerable,
  isOfFamily,
  portOf,
  SRV_WEIGHT_MAX,
  svcbOf,
} from '../../shared/registry/service-records.ts'
import type { Service } from '../../shared/registry/service-schema.ts'

/** An endpoint with its addresses, those of its cluster where it has none of its own, and its health. */
export interface Told {
  readonly endpoint: Endpoint
  readonly addresses: readonly string[]
  readonly isDegraded: boolean
}

/** Records that say of each endpoint one thing: more of them help nobody. */
const SERVICES_MAX = ADDRESSES_MAX

/**
 * The records of an app for a type, out of lists of endpoints of which the first that can answer counts. A target
 * is answered only where the first list has nothing else, and then alone, to every type. `ttlOf` says how long
 * what is known of some endpoints holds.
 */
export function appRecords(
  { name, service }: { readonly name: Name; readonly service?: Service | undefined },
  lists: readonly (readonly Told[])[],
  type: number,
  ttlOf: (chosen: readonly Told[]) => number,
): readonly ResourceRecord[] {
  const first = lists.find((list) => list.length > 0) ?? []
  const [target] = first.toSorted(compareTargets)
  if (target?.endpoint.target !== undefined) {
    const rdata = { kind: 'name' as const, name: target.endpoint.target }
    return [{ name, type: TYPE_CNAME, class: CLASS_IN, ttl: ttlOf([target]), rdata }]
  }
  const canAnswer = ({ endpoint, addresses }: Told): boolean =>
    isAnswerable(service, endpoint, addresses, type)
  const chosen = (lists.find((list) => list.some(canAnswer)) ?? []).filter(canAnswer)
  // RFC 2181 §5.2: all records of an rrset have the same TTL.
  const ttl = ttlOf(chosen)
  return rdataOf(name, service, chosen, type).map((rdata) => {
    return { name, type, class: CLASS_IN, ttl, rdata }
  })
}

/** What is no target first; then as `tie` does on edges, where the ids are in order already. */
function compareTargets({ endpoint: a }: Told, { endpoint: b }: Told): number {
  const isTarget = ({ target }: Endpoint): number => (target === undefined ? 0 : 1)
  return isTarget(a) - isTarget(b) || a.priority - b.priority || b.weight - a.weight
}

function rdataOf(
  name: Name,
  service: Service | undefined,
  chosen: readonly Told[],
  type: number,
): readonly Rdata[] {
  if (type === TYPE_A || type === TYPE_AAAA) {
    return chosen.flatMap(({ addresses }) =>
      addresses
        .filter((address) => isOfFamily(address, type))
        .map((address): Rdata => ({ kind: 'address', address })),
    )
  }
  const services = chosen.slice(0, SERVICES_MAX)
  if (type === TYPE_SRV) {
    return services.map(({ endpoint }): Rdata => {
      const { priority, target = name } = endpoint
      const weight = Math.min(endpoint.weight, SRV_WEIGHT_MAX)
      return { kind: 'srv', priority, weight, port: portOf(service, endpoint) ?? 0, target }
    })
  }
  // SVCB or HTTPS: central chooses none before another.
  return services.map(({ endpoint, addresses }): Rdata => {
    const rdata = svcbOf(service, endpoint, addresses, { qtype: type, priority: 1 })
    return { kind: 'bytes', bytes: svcbToWire(rdata) }
  })
}
