import type { BootstrapResolver } from '../../shared/rpc/bootstrap.ts'
import { findCentrals, formatCentralTarget } from '../../shared/rpc/bootstrap.ts'

/**
 * Finds the URLs of centrals by one name, as edges do. The scheme is not asked of DNS, where anybody may
 * answer: the token goes there. Rejects when there are none.
 */
export async function findCentralUrls(
  name: string,
  scheme: 'http' | 'https',
  resolver: BootstrapResolver,
  random: () => number,
): Promise<readonly string[]> {
  const targets = await findCentrals(name, resolver, random)
  return targets.map((target) => `${scheme}://${formatCentralTarget(target)}`)
}
