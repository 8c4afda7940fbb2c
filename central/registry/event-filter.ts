import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder } from '../../shared/dns/name.ts'
import type { ChangeRecord, RegistryEvent } from '../model/events.ts'
import { subjectsOf } from './subjects.ts'

/** Which changes are wanted; what is absent does not matter. One event of a change fulfils all of it. */
export interface EventFilter {
  readonly actor?: string | undefined
  /** Events about names at or under this apex. */
  readonly zone?: Name | undefined
  readonly app?: Name | undefined
  readonly name?: Name | undefined
  readonly cluster?: string | undefined
  readonly type?: string | undefined
}

/** A change as it is shown: with those of its events that are wanted. */
export interface ShownChange extends ChangeRecord {
  /** How many of its events are not shown; absent when all are. */
  readonly omitted?: number
}

/**
 * Shows a change with the events that a filter wants, at most so many; undefined when it wants none of
 * them.
 */
export function shownBy(
  filter: EventFilter,
  record: ChangeRecord,
  eventsMax = Infinity,
): ShownChange | undefined {
  if (filter.actor !== undefined && filter.actor !== record.actor) return undefined
  const all = record.events
  const wanted = isAboutAll(filter) ? all : all.filter((event) => isWanted(filter, event))
  if (wanted.length === 0) return undefined
  const events = wanted.length > eventsMax ? wanted.slice(0, eventsMax) : wanted
  return events.length === all.length
    ? record
    : { ...record, events, omitted: all.length - events.length }
}

function isAboutAll({ zone, app, name, cluster, type }: EventFilter): boolean {
  return [zone, app, name, cluster, type].every((wanted) => wanted === undefined)
}

function isWanted(filter: EventFilter, event: RegistryEvent): boolean {
  if (filter.type !== undefined && filter.type !== event.type) return false
  const { name, app, cluster } = subjectsOf(event)
  if (filter.app !== undefined && filter.app !== app) return false
  if (filter.name !== undefined && filter.name !== name) return false
  if (filter.cluster !== undefined && filter.cluster !== cluster) return false
  return filter.zone === undefined || (name !== undefined && isAtOrUnder(name, filter.zone))
}
