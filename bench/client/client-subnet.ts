/** The data of a client subnet option (RFC 7871 §6) for whole octets of an IPv4 prefix. */
export function clientSubnetData(octets: readonly number[]): Buffer {
  return Buffer.from([0, 1, 8 * octets.length, 0, ...octets])
}
