import type { NewChange, RegistryEvent } from '../model/events.ts'

/** Records below this schema say `expired` of a machine whose lease has ended. */
const LEASE_EXPIRED_SCHEMA = 4

/**
 * The events of a record in the words that this software writes. What stands in the log is never changed,
 * and neither is its hash.
 */
export function inPresentWords({ schema, events }: NewChange): readonly RegistryEvent[] {
  if (schema >= LEASE_EXPIRED_SCHEMA) return events
  return events.map((event) => {
    if (event.type !== 'machine-withdrawn' && event.type !== 'machine-unregistered') return event
    const why: string = event.why
    return why === 'expired' ? { ...event, why: 'lease-expired' } : event
  })
}
