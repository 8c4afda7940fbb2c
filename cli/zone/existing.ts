import { formatBytes } from '../../shared/config/bounded-read.ts'
import { TYPE_NS, TYPE_SOA } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import { MeridianError } from '../../shared/errors.ts'
import { formatRecordType } from '../../shared/records/types.ts'
import type { RrsetKey } from '../../shared/registry/rrset-schema.ts'
import { readZoneFile } from '../../shared/zonefile/parser.ts'
import type { RestClient } from '../client.ts'
import { pathOf } from '../keys.ts'

/** Media type of zone files (RFC 4027 §3). */
export const ZONE_FILE_TYPE = 'text/dns'

/** The zone file of a zone whose records are compared: it is in memory meanwhile. */
const EXISTING_MAX_BYTES = 512 * 1024 * 1024

/** The rrsets that central has in a zone, without SOA and NS of its apex. */
export async function rrsetsOfCentral(
  client: RestClient,
  apex: Name,
): Promise<readonly RrsetKey[]> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of await client.openText(pathOf('zones', apex, 'file'), ZONE_FILE_TYPE)) {
    bytes += chunk.length
    if (bytes > EXISTING_MAX_BYTES) {
      const message = `the zone ${apex} is larger than ${formatBytes(EXISTING_MAX_BYTES)} as a file, too large to be compared`
      throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
    }
    chunks.push(chunk)
  }
  const found = new Map<string, RrsetKey>()
  for (const item of readZoneFile({ file: 'the zone of central', chunks })) {
    if (!item.ok) {
      const message = `the zone file of ${apex} that central sent cannot be read, line ${item.mistake.line ?? 0}`
      throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
    }
    const { owner, type } = item.record
    if (owner === apex && (type === TYPE_SOA || type === TYPE_NS)) continue
    const mnemonic = formatRecordType(type)
    found.set(`${owner} ${mnemonic}`, { name: owner, type: mnemonic })
  }
  return [...found.values()]
}
