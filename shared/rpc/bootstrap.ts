/**
 * Finds centrals by one name, as DNS has them: the SRV records of `_meridian-central._tcp.NAME`, else the TXT
 * records of `NAME` that say `central=host:port`. Which of the ports of a central they name is for whoever
 * asks to say: edges speak gRPC, agents HTTP, so that each has a name of its own.
 */
import type { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { messageOf } from '../errors.ts'

/** Centrals that are taken of an answer; those that come later are left out. */
export const BOOTSTRAP_TARGETS_MAX = 16

/** Where a central listens. */
export interface CentralTarget {
  /** A name without a dot at its end, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/** The part of `dns.promises.Resolver` that is asked. */
export type BootstrapResolver = Pick<Resolver, 'resolveSrv' | 'resolveTxt'>

/**
 * Asks DNS for centrals, those to be tried first in front. Rejects, saying why, when it names none. `random`
 * is at least 0 and below 1.
 */
export async function findCentrals(
  name: string,
  resolver: BootstrapResolver,
  random: () => number,
): Promise<readonly CentralTarget[]> {
  const owner = `${SERVICE}.${name}`
  const bySrv = await findBySrv(owner, resolver, random)
  if (bySrv.targets.length > 0) return bySrv.targets
  // RFC 2782: a target of "." says that the service is decidedly not available. So says the mesh's owner.
  if (bySrv.isDenied) throw new Error(`${owner} names no central`)
  const byTxt = await findByTxt(name, resolver)
  if (byTxt.targets.length > 0) return byTxt.targets
  throw new Error(
    `neither SRV of ${owner} (${bySrv.reason}) nor TXT of ${name} (${byTxt.reason}) names a central`,
  )
}

/** Parses `host:port`, IPv6 in brackets; undefined when it is none. */
export function parseCentralTarget(text: string): CentralTarget | undefined {
  const parts =
    /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,126}\.?)):(\d{1,5})$/i.exec(
      text,
    )
  const [, bracketed, plain = '', portText] = parts ?? []
  const port = Number(portText)
  if (parts === null || port < 1 || port > 65_535) return undefined
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6 ? { host: bracketed, port } : undefined
  }
  return { host: plain.replace(/\.$/, ''), port }
}

/** The form that `parseCentralTarget` reads. */
export function formatCentralTarget({ host, port }: CentralTarget): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** The labels before the name (RFC 2782: service and protocol). */
const SERVICE = '_meridian-central._tcp'
/** What a TXT record that names a central begins with. */
const TXT_KEY = 'central='

interface Found {
  readonly targets: readonly CentralTarget[]
  /** Why there are none. */
  readonly reason: string
}

interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

async function findBySrv(
  owner: string,
  resolver: BootstrapResolver,
  random: () => number,
): Promise<Found & { readonly isDenied: boolean }> {
  let records: readonly SrvRecord[]
  try {
    records = await resolver.resolveSrv(owner)
  } catch (err) {
    return { targets: [], reason: messageOf(err), isDenied: false }
  }
  const offered = records.filter(({ name }) => name !== '' && name !== '.')
  const targets = orderSrv(offered, random)
    .flatMap(({ name, port }) => parseCentralTarget(`${name}:${port}`) ?? [])
    .slice(0, BOOTSTRAP_TARGETS_MAX)
  return {
    targets,
    reason: 'no record that can be',
    isDenied: records.length > 0 && offered.length === 0,
  }
}

async function findByTxt(name: string, resolver: BootstrapResolver): Promise<Found> {
  try {
    const records = await resolver.resolveTxt(name)
    const targets = records
      // RFC 7208 §3.3 has it for its records, and so it is here: strings of a record are one text.
      .map((strings) => strings.join(''))
      .filter((text) => text.startsWith(TXT_KEY))
      .flatMap((text) => parseCentralTarget(text.slice(TXT_KEY.length).trim()) ?? [])
    // DNS gives them in any order; the same every time keeps edges where they are.
    const sorted = targets.sort((a, b) =>
      formatCentralTarget(a) < formatCentralTarget(b) ? -1 : 1,
    )
    return { targets: sorted.slice(0, BOOTSTRAP_TARGETS_MAX), reason: 'no central=host:port' }
  } catch (err) {
    return { targets: [], reason: messageOf(err) }
  }
}

/**
 * RFC 2782: "A client MUST attempt to contact the target host with the lowest-numbered priority it can
 * reach"; of equal ones the next is drawn by weight, after those of weight 0 were put first.
 */
function orderSrv(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const rest = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight)
  const ordered: SrvRecord[] = []
  for (let first = rest[0]; first !== undefined; first = rest[0]) {
    const { priority } = first
    const equals = rest.filter((record) => record.priority === priority)
    const sum = equals.reduce((total, { weight }) => total + weight, 0)
    // RFC 2782: "choose a uniform random number between 0 and the sum computed (inclusive)".
    const drawn = Math.floor(random() * (sum + 1))
    let running = 0
    const at = equals.findIndex(({ weight }) => (running += weight) >= drawn)
    ordered.push(...rest.splice(Math.max(0, at), 1))
  }
  return ordered
}
