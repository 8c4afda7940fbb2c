import type { Name } from '../dns/name.ts'
import { relativeName } from '../records/names.ts'
import { formatRdata } from '../records/rdata.ts'
import type { Record } from '../records/record.ts'
import { formatRecordType } from '../records/types.ts'
import { sortRecords } from './order.ts'

/**
 * Prints records as a master file, line by line, each with its end: in the order of `sortRecords`, each
 * record in one line with owner, TTL, class and type, so that any line can stand alone. Names are
 * absolute, or below a line `$ORIGIN` relative to `origin` when that is given.
 */
export function* printZone(records: readonly Record[], origin?: Name): Generator<string, void> {
  if (origin !== undefined) yield `$ORIGIN ${origin}\n`
  for (const record of sortRecords(records)) yield `${formatRecord(record, origin)}\n`
}

/** Prints one record in one line without an end, with its names absolute or relative to `origin`. */
export function formatRecord({ owner, type, ttl, rdata }: Record, origin?: Name): string {
  const name = relativeName(owner, origin)
  return `${name} ${ttl} IN ${formatRecordType(type)} ${formatRdata(type, rdata, origin)}`
}
