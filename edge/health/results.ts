import { messageOf } from '../../shared/errors.ts'
import type { ProbeResult } from './probe.ts'

/** The longest detail of a result; what a server or a command says may be of any length. */
const DETAIL_MAX_CHARACTERS = 200

/** A good result, with what is not quite well, if anything. */
export function goodWith(degraded: string | undefined): ProbeResult {
  return degraded === undefined ? { ok: true } : { ok: true, degraded: shorten(degraded) }
}

/** A bad result, and why. */
export function badBecause(detail: string): ProbeResult {
  return { ok: false, detail: shorten(detail) }
}

/** No result, for a reason that lies with this edge. */
export function unknownBecause(detail: string): ProbeResult {
  return { ok: 'unknown', detail: shorten(detail) }
}

/** The result of a probe whose connection failed: bad, unless the edge itself lacks something. */
export function resultOfError(err: unknown): ProbeResult {
  const code = codeOf(err)
  const detail = reasons.get(code) ?? messageOf(err)
  return ownFaults.has(code) ? unknownBecause(detail) : badBecause(detail)
}

/** A detail in one line and within its bound, whatever others have put into it. */
export function shorten(text: string): string {
  return text
    .slice(0, DETAIL_MAX_CHARACTERS)
    .replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .trim()
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['ETIMEDOUT', 'connection timed out'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  // What Node says of these ends in advice to whoever runs it.
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate by a CA that is not trusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate by a CA that is not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate by a CA that is not trusted'],
  ['EMFILE', 'this edge has no file descriptor left'],
  ['ENFILE', 'this edge has no file descriptor left'],
  ['ENOBUFS', 'this edge has no memory left for a socket'],
  ['ENOMEM', 'this edge has no memory left for a socket'],
  ['EADDRNOTAVAIL', 'this edge has no address or port to connect from'],
  ['EAFNOSUPPORT', 'this edge does not speak the address family'],
  ['EACCES', 'this edge may not connect there'],
  ['EPERM', 'this edge may not connect there'],
])

/** Errors that say nothing of the one who was to be connected to. */
const ownFaults: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EACCES',
  'EPERM',
])

/** The code that the system or Node gives to an error; empty where it has none. */
export function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : ''
}
