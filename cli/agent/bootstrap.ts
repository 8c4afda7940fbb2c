import type { Resolver } from 'node:dns/promises'

/** The labels before the name that is given (RFC 2782: service and protocol). */
const SERVICE = '_meridian-central._tcp'
/** Centrals that are taken of an answer. */
const FOUND_MAX = 10

/**
 * Finds centrals by one name: the SRV records of `_meridian-central._tcp.NAME`. The scheme is not asked of
 * DNS, where anybody may answer: the token goes there. Rejects when there are none.
 */
export async function findCentrals(
  name: string,
  scheme: 'http' | 'https',
  resolver: Pick<Resolver, 'resolveSrv'>,
): Promise<readonly string[]> {
  const owner = `${SERVICE}.${name}`
  const records = await resolver.resolveSrv(owner)
  // RFC 2782: a target of "." says that the service is decidedly not available.
  const offered = records.filter((record) => record.name !== '' && record.name !== '.')
  if (offered.length === 0) throw new Error(`${owner} names no central`)
  return (
    offered
      // RFC 2782: the lowest-numbered priority first; of equal ones the heavier, which it lets be drawn.
      .sort((a, b) => a.priority - b.priority || b.weight - a.weight)
      .slice(0, FOUND_MAX)
      .map((record) => `${scheme}://${record.name}:${record.port}`)
  )
}
