import type { Mistake } from '../config/mistakes.ts'
import { TYPE_SOA } from '../dns/codes.ts'
import type { Name } from '../dns/name.ts'
import { uintAt } from '../records/fields.ts'
import { formatRecordType } from '../records/types.ts'
import { ZoneCheck } from './check.ts'
import type { Record } from '../records/record.ts'
import type { Findings } from './findings.ts'
import { readZoneFile } from './parser.ts'
import type { OpenInclude, Source } from './source.ts'

/** What is in the master file of a zone, and what is wrong with it. */
export interface ZoneReport {
  readonly records: number
  readonly types: readonly TypeCount[]
  /** Of the SOA record; undefined when there is none. */
  readonly serial: number | undefined
  /** What could not be read, at most `MISTAKES_MAX`: then the rest of the file was not looked at. */
  readonly mistakes: readonly Mistake[]
  /** Undefined when there are mistakes: rules would miss what could not be read. */
  readonly findings: Findings | undefined
}

/** How many records of a type there are. */
export interface TypeCount {
  readonly type: string
  readonly records: number
}

/**
 * Reads the master file of a zone and checks it against the rules of `ZoneCheck`. `origin` is the apex as well.
 * Throws what the chunks of the source throw.
 */
export function checkZoneFile(
  source: Source,
  options: {
    readonly origin?: Name | undefined
    readonly openInclude?: OpenInclude | undefined
    /** Gets each record that could be read. */
    readonly onRecord?: ((record: Record) => void) | undefined
  },
): ZoneReport {
  const check = new ZoneCheck(options.origin)
  const counts = new Map<number, number>()
  const mistakes: Mistake[] = []
  let records = 0
  let serial: number | undefined
  for (const item of readZoneFile(source, options)) {
    if (!item.ok) {
      mistakes.push(item.mistake)
      continue
    }
    const { type, rdata } = item.record
    records++
    counts.set(type, (counts.get(type) ?? 0) + 1)
    // RFC 1035 §3.3.13: SERIAL is the first of five numbers at the end.
    if (type === TYPE_SOA) serial ??= uintAt(rdata, rdata.length - 20, 4)
    check.add(item.record, item.place)
    options.onRecord?.(item.record)
  }
  const types = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([type, count]) => ({ type: formatRecordType(type), records: count }))
  const findings = mistakes.length > 0 ? undefined : check.finish()
  return { records, types, serial, mistakes, findings }
}
