import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { checkServerIdentity, connect } from 'node:tls'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { CheckOf, ProbeTarget } from './probe.ts'

/** What a check says of the TLS connection. */
export type TlsRules = Pick<CheckOf<'tls'>, 'serverName' | 'verify' | 'daysLeft'>

/** A day in milliseconds. */
const DAY = 86_400_000

/** Opens a TLS connection by the rules of a check; `protocols` are offered by ALPN (RFC 7301). */
export function openTls(
  target: ProbeTarget,
  port: number,
  rules: TlsRules,
  protocols: readonly string[],
): TLSSocket {
  const name = serverNameOf(rules, target.app)
  return connect({
    host: target.address,
    port,
    rejectUnauthorized: rules.verify,
    ALPNProtocols: [...protocols],
    // RFC 6066 §3: "Literal IPv4 and IPv6 addresses are not permitted in "HostName"."
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
  })
}

/** The name that a server is asked for and has to have: that of the app, when the check gives none. */
export function serverNameOf(rules: Pick<TlsRules, 'serverName'>, app: Name): string {
  return (rules.serverName ?? app).replace(/\.$/, '')
}

/** Says that the certificate of a connection ends too soon; undefined when it does not. */
export function warningOf(socket: TLSSocket, rules: TlsRules, clock: Clock): string | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const days = (certificate.validToDate.getTime() - clock.epochMs()) / DAY
  if (days >= rules.daysLeft) return undefined
  if (days < 0) return 'certificate has ended'
  return `certificate ends in ${Math.floor(days)} days, ${rules.daysLeft} are wanted`
}
