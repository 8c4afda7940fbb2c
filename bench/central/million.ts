import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { APEX } from '../mesh/workload.ts'

/** Records of the large zone, each an rrset of its own. */
export const RECORDS = 1_000_000

/** The name of a record by its number, absolute; of the same length for all. */
export function hostAt(number: number): string {
  return `host-${String(number).padStart(7, '0')}.${APEX}.`
}

/** Its address, in 10.0.0.0/8 as the blocks for documentation are too small for so many. */
export function addressAt(number: number): string {
  return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
}

/** Lines between two writes to the file. */
const LINES_PER_WRITE = 10_000

/** Writes the zone as a zone file (RFC 1035 §5). */
export async function writeZoneFile(path: string): Promise<void> {
  const file = createWriteStream(path)
  file.write(
    `$ORIGIN ${APEX}.\n$TTL 300\n` +
      '@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n',
  )
  for (let first = 0; first < RECORDS; first += LINES_PER_WRITE) {
    const lines = Array.from(
      { length: LINES_PER_WRITE },
      (_, i) => `${hostAt(first + i)} A ${addressAt(first + i)}\n`,
    )
    if (!file.write(lines.join(''))) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}
