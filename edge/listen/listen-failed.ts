import { type SocketAddress, formatSocketAddress } from '../../shared/config/socket-address.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Transport } from './listener.ts'

/** What an operator can do about the errors that a bind gives. */
const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another socket has this port, choose a free one',
  EACCES: 'ports below 1024 want root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address, choose one of its own',
  EAFNOSUPPORT: 'this machine has no IPv6, leave out its IPv6 addresses',
}

/** Creates the error of a listener that could not start: transport, address, reason, way out. */
export function listenFailed(
  transport: Transport,
  address: SocketAddress,
  cause: unknown,
): MeridianError {
  const hint = hints[errnoOf(cause) ?? '']
  const where = `${transport} ${formatSocketAddress(address)}`
  const message = `cannot listen on ${where}: ${messageOf(cause)}`
  return new MeridianError(
    'MERIDIAN_LISTEN_FAILED',
    hint === undefined ? message : `${message} (${hint})`,
    { cause },
  )
}

/** Returns the kernel's code of an error (`EADDRINUSE`); undefined when it has none. */
export function errnoOf(err: unknown): string | undefined {
  if (!(err instanceof Error) || !('code' in err)) return undefined
  return typeof err.code === 'string' ? err.code : undefined
}
