import { openSqliteLog } from '../../central/log/sqlite-log.ts'
import { EVENT_SCHEMA } from '../../central/model/events.ts'
import type { NewChange, RegistryEvent } from '../../central/model/events.ts'
import { systemClock } from '../../shared/clock.ts'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import { zoneSchema } from '../../shared/registry/schema.ts'
import { APEX } from '../mesh/workload.ts'
import { addressAt, hostAt, RECORDS } from './million.ts'

/** Changes in one transaction: writing the log is not what is measured. */
const CHANGES_PER_APPEND = 5_000

/**
 * Writes a log of a million changes of one event each, after one for the zone: the records of the large zone
 * as a million requests would have put them.
 */
export async function writeEventLog(path: string): Promise<void> {
  const log = await openSqliteLog(path)
  const atEpoch = systemClock.epochMs()
  const changeOf = (event: RegistryEvent): NewChange => ({
    schema: EVENT_SCHEMA,
    atEpoch,
    actor: 'bench',
    cause: `request-${log.head}`,
    events: [event],
  })
  const zone = zoneSchema.parse({ apex: APEX, ns: [`ns.${APEX}`] })
  await log.append(0, [changeOf({ type: 'zone-put', zone })])
  for (let first = 0; first < RECORDS; first += CHANGES_PER_APPEND) {
    const changes = Array.from({ length: CHANGES_PER_APPEND }, (_, i) => {
      const name = hostAt(first + i)
      const rdata = [addressAt(first + i)]
      const rrset = rrsetSchema.parse({ name, type: 'A', ttl: 300, rdata })
      return changeOf({ type: 'rrset-put', rrset })
    })
    await log.append(log.head, changes)
  }
  await log.close()
}
