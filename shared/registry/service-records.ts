import { TYPE_A, TYPE_AAAA, TYPE_HTTPS, TYPE_SRV, TYPE_SVCB } from '../dns/codes.ts'
import type { SvcbRdata } from '../dns/svcb.ts'
import type { Endpoint } from './schema.ts'
import type { Service } from './service-schema.ts'

/** What the records of an app say of one endpoint, by what is registered. */

/** Where HTTPS clients connect to unless they are told (RFC 9460 §9.5). */
const HTTPS_PORT = 443
/** A weight has 16 bits (RFC 2782); ours are for other shares, and may be greater. */
export const SRV_WEIGHT_MAX = 65_535

/** The port of an endpoint: its own, else that of the service. */
export function portOf(
  service: Service | undefined,
  { port }: Pick<Endpoint, 'port'>,
): number | undefined {
  return port ?? service?.port
}

/**
 * Whether a type can be answered of an endpoint with these addresses, its own or those of its cluster. One that
 * has a target has none: it can be named by SRV, and for all other types stands the target.
 */
export function isAnswerable(
  service: Service | undefined,
  endpoint: Pick<Endpoint, 'port' | 'target'>,
  addresses: readonly string[],
  qtype: number,
): boolean {
  switch (qtype) {
    case TYPE_A:
    case TYPE_AAAA:
      return addresses.some((address) => isOfFamily(address, qtype))
    case TYPE_SRV:
      return (
        service?.srv !== false &&
        portOf(service, endpoint) !== undefined &&
        (addresses.length > 0 || endpoint.target !== undefined)
      )
    case TYPE_SVCB:
    case TYPE_HTTPS:
      return service?.https === true && addresses.length > 0
    default:
      return false
  }
}

/** Whether an address is what A has, or AAAA. */
export function isOfFamily(address: string, qtype: typeof TYPE_A | typeof TYPE_AAAA): boolean {
  return address.includes(':') === (qtype === TYPE_AAAA)
}

/** The SVCB or HTTPS record of an endpoint, of the name that it is asked for by (ServiceMode). */
export function svcbOf(
  service: Service | undefined,
  endpoint: Pick<Endpoint, 'port'>,
  addresses: readonly string[],
  { qtype, priority }: { readonly qtype: number; readonly priority: number },
): SvcbRdata {
  const port = portOf(service, endpoint)
  return {
    priority,
    // RFC 9460 §2.5.2: "." in ServiceMode is "the owner name of this record".
    target: '.',
    alpn: service?.alpn ?? [],
    port: qtype === TYPE_HTTPS && port === HTTPS_PORT ? undefined : port,
    ipv4hint: addresses.filter((address) => isOfFamily(address, TYPE_A)),
    ipv6hint: addresses.filter((address) => isOfFamily(address, TYPE_AAAA)),
  }
}
