import type { ProbeTarget } from './probe.ts'

/** Where HTTP is served, when nobody says otherwise (RFC 9110 §4.2.1). */
export const HTTP_PORT = 80
/** Where HTTPS and other TLS is served (RFC 9110 §4.2.2). */
export const TLS_PORT = 443
/** Where gRPC without TLS is commonly served. */
export const GRPC_PORT = 50_051
/** Where DNS is served (RFC 1035 §4.2.1). */
export const DNS_PORT = 53

/** The port that a check goes to: its own, that of the endpoint, or that of the protocol. */
export function portOf(
  check: { readonly port?: number | undefined },
  target: ProbeTarget,
  usual: number,
): number {
  return check.port ?? target.port ?? usual
}
