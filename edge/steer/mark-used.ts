import { CLASS_IN, TYPE_CNAME } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { NameEntry, OnDemandNames } from '../replica/names.ts'
import type { TableWriter } from '../table/writer.ts'
import { tableTypes } from './answer-records.ts'
import { mayAnswer } from './encode-choices.ts'

/**
 * Marks the names that were answered from the table since a second as used. Hits never reach the LRU,
 * which would drop the names used most. One name a step, so that the caller can stop in between.
 */
export function* markUsed(
  names: OnDemandNames,
  table: TableWriter,
  sinceSeconds: number,
): Iterator<unknown> {
  for (const entry of names.entries().entries) {
    const key = nameKey(entry.name)
    const qname = Buffer.from(key, 'latin1')
    for (const qtype of typesOf(entry)) {
      const use = table.useOf({ qname, qtype, qclass: CLASS_IN, variant: 0 })
      if (use !== undefined && use.lastUsedSeconds >= sinceSeconds) names.get(key)
    }
    yield
  }
}

/** The types by which the table may have answers of a name. */
function typesOf({ app, rrsets, cover }: NameEntry): Iterable<number> {
  const types = new Set([...rrsets, ...(cover?.owner.rrsets ?? [])].map(({ type }) => type))
  // With what it leads to an alias has these, and type 0 for all others.
  if (types.has(TYPE_CNAME)) for (const type of [0, ...tableTypes]) types.add(type)
  if (app !== undefined) for (const type of tableTypes) if (mayAnswer(app, type)) types.add(type)
  return types
}
