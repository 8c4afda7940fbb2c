/** The address that a socket shows of its other side, as addresses are registered: without a mapping or a scope. */
export function bareAddress(remote: string): string {
  // A socket that listens on :: shows IPv4 as RFC 4291 §2.5.5.2 maps it; a scope is no part of an address.
  return remote.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
}
