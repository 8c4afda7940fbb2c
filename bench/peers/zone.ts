import { APEX } from '../mesh/workload.ts'
import type { BenchApp } from '../mesh/workload.ts'

/** The zone of all names of the bench. */
export const apex = APEX

/** Long enough that no cache asks again while it is measured, short enough for every cache to keep. */
export const TTL_SECONDS = 3_600

const SOA = `ns.${APEX}. hostmaster.${APEX}. 1 3600 900 604800 300`
const NS_ADDRESS = '192.0.2.53'

/** The zone as a master file (RFC 1035 §5), every name in full. */
export function zoneText(apps: readonly BenchApp[]): string {
  const records = [
    [APEX, 'SOA', SOA],
    [APEX, 'NS', `ns.${APEX}.`],
    [`ns.${APEX}`, 'A', NS_ADDRESS],
    ...apps.map(({ name, nearest }) => [name, 'A', nearest] as const),
  ] as const
  return records
    .map(([owner, type, rdata]) => `${owner}. ${TTL_SECONDS} IN ${type} ${rdata}\n`)
    .join('')
}

/** The zone as the YAML, here JSON, of the GeoIP backend of PowerDNS. */
export function geoipZones(apps: readonly BenchApp[]): unknown {
  const records = Object.fromEntries(apps.map(({ name, nearest }) => [name, [{ a: nearest }]]))
  const soa = SOA.replaceAll(/\.(?= )/g, '')
  const ground = { [APEX]: [{ soa }, { ns: `ns.${APEX}` }], [`ns.${APEX}`]: [{ a: NS_ADDRESS }] }
  return { domains: [{ domain: APEX, ttl: TTL_SECONDS, records: { ...ground, ...records } }] }
}
