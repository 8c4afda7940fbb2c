import { z } from 'zod'
import type { Item } from './client.ts'
import { cell } from './output.ts'

const eventsSchema = z.array(z.record(z.string(), z.unknown())).catch([])

/** Says what the events of a change are, each in a few words: `app video.example. put`. */
export function eventWords({ events, omitted }: Item): readonly string[] {
  const words = eventsSchema.parse(events).map(wordsOf)
  return typeof omitted === 'number' ? [...words, `${omitted} not shown`] : words
}

/** Newer centrals have events that this command does not know: it goes by the fields that all have. */
function wordsOf(event: Item): string {
  const type = cell(event['type'])
  const at = type.lastIndexOf('-')
  const kind = at < 0 ? type : type.slice(0, at)
  const verb = at < 0 ? '' : type.slice(at + 1)
  const { app, id, apex, name, cluster, zone, network, endpoint, rrset, region } = event
  const { machine, source, key, rrtype, state, percent, load, next, why } = event
  const places = [app, id, apex, name, cluster, zone, network, endpoint, rrset, region]
  const subjects = [...places, machine, source, key]
  const details = [rrtype, state, percent, load, next]
    .filter((value) => value !== undefined)
    .map(cell)
  const reason = why === undefined ? [] : [`(${cell(why)})`]
  return [kind, ...subjects.flatMap(keyOf), verb, ...details, ...reason]
    .filter((word) => word !== '')
    .join(' ')
}

/** The key of what an event is about: a plain key, or the object that has one. */
function keyOf(subject: unknown): readonly string[] {
  if (typeof subject === 'string') return [subject]
  if (typeof subject !== 'object' || subject === null) return []
  const { id, apex, name, cluster, ttl, type }: Item = { ...subject }
  // Only records have both: their type belongs to the key.
  const rrtype = typeof ttl === 'number' ? type : undefined
  return [id, apex, name, rrtype, id === undefined ? cluster : undefined].filter(
    (key) => typeof key === 'string',
  )
}

/** A time in ms since 1970 for people; undefined when it is none. */
export function timeText(epochMs: unknown): string | undefined {
  const isTime = typeof epochMs === 'number' && Math.abs(epochMs) <= 8_640_000_000_000_000
  return isTime ? new Date(epochMs).toISOString() : undefined
}
