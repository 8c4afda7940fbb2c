import { CLASS_IN } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { OnDemandNames } from '../replica/names.ts'
import type { TableWriter } from '../table/writer.ts'
import { tableTypes } from './answer-records.ts'
import { mayAnswer } from './app-answers.ts'

/**
 * Marks the names that were answered from the table since a second as used. Hits never reach the LRU,
 * which would drop the names used most. One name a step, so that the caller can stop in between.
 */
export function* markUsed(
  names: OnDemandNames,
  table: TableWriter,
  sinceSeconds: number,
): Iterator<unknown> {
  for (const { name, app } of names.entries().entries) {
    const key = nameKey(name)
    const qname = Buffer.from(key, 'latin1')
    for (const qtype of tableTypes) {
      if (app === undefined || !mayAnswer(app, qtype)) continue
      const use = table.useOf({ qname, qtype, qclass: CLASS_IN, variant: 0 })
      if (use !== undefined && use.lastUsedSeconds >= sinceSeconds) names.get(key)
    }
    yield
  }
}
