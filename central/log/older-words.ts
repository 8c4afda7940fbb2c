import type { NewChange, RegistryEvent } from '../model/events.ts'

/**
 * What records of older schemas say in other words, in the order in which the schemas came: the one place
 * where old shapes are brought into the present one. What stands in the log is never changed, and neither
 * is its hash. Schemas 1 and 2 have fewer kinds of events and no other words; 4 has no records.
 */
const upcasts: readonly Upcast[] = [{ before: 4, upcast: endOfLease }]

interface Upcast {
  /** Records below this schema say it otherwise. */
  readonly before: number
  readonly upcast: (event: RegistryEvent) => RegistryEvent
}

/** Returns the events of a record in the words that this software writes. */
export function inPresentWords({ schema, events }: NewChange): readonly RegistryEvent[] {
  const steps = upcasts.filter(({ before }) => schema < before)
  if (steps.length === 0) return events
  return events.map((event) => steps.reduce((older, { upcast }) => upcast(older), event))
}

/** Below schema 4 a machine whose lease has ended is said to be `expired`. */
function endOfLease(event: RegistryEvent): RegistryEvent {
  if (event.type !== 'machine-withdrawn' && event.type !== 'machine-unregistered') return event
  const why: string = event.why
  return why === 'expired' ? { ...event, why: 'lease-expired' } : event
}
