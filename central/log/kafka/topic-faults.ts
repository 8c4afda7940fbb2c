import { hash } from 'node:crypto'
import type { MeridianError } from '../../../shared/errors.ts'
import { EVENT_SCHEMA } from '../../model/events.ts'
import { damaged, foreign } from '../log-errors.ts'
import type { Outcome } from './fold.ts'
import type { Fetched, TopicRecord } from './topic-client.ts'

/* What makes it impossible for a central to follow a topic, with what was found and what is wanted. */

/** Whether an append that holds is of this central: it understands what it wrote. */
export type IsOwn = (outcome: Extract<Outcome, { kind: 'appended' }>) => boolean

/** What a record is found again by. */
export function digestOf({ value }: TopicRecord): string {
  return value === null ? 'none' : hash('sha256', value, 'hex')
}

/** Why this software cannot take a record; undefined when it can. */
export function faultOf(
  topic: string,
  outcome: Outcome,
  offset: number,
  isOwn: IsOwn,
): MeridianError | undefined {
  const name = `topic ${topic}`
  if (outcome.kind === 'newer') {
    return foreign(name, `its record ${offset} is of newer software: ${outcome.reason}`)
  }
  if (outcome.kind !== 'appended' || isOwn(outcome)) return undefined
  const newer = outcome.changes.find(({ schema }) => schema > EVENT_SCHEMA)
  if (newer === undefined) return undefined
  const found = `its record ${offset} holds changes of schema ${newer.schema}`
  return foreign(name, `${found}, this software reads up to ${EVENT_SCHEMA}: update this central`)
}

/** What a fetch from an offset shows to be lost; undefined when nothing is. */
export function lossIn(
  topic: string,
  offset: number,
  { records, start, divergedAt }: Fetched,
): MeridianError | undefined {
  const name = `topic ${topic}`
  if (divergedAt !== undefined) {
    const found = `from record ${divergedAt} on it holds others than those that were read`
    return damaged(name, 0, `${found}: a broker without the last records has become its leader`)
  }
  const [first] = records
  if (first === undefined || first.offset === offset || start <= offset) return undefined
  const found = `its records begin at ${start}, ${offset} is wanted`
  return damaged(name, 0, `${found}: nothing may be deleted from it (retention.ms=-1)`)
}

/** Returns the error of a topic that does not reach to, or no more has, the record that comes next. */
export function recordGone(
  topic: string,
  offset: number,
  copy: string,
  cause: unknown,
): MeridianError {
  const found = `it has no record ${offset}, up to which ${copy} was read`
  const wanted = 'wanted are retention.ms=-1, retention.bytes=-1 and the old topic'
  const why = 'records were deleted from it, or it is another topic'
  return damaged(`topic ${topic}`, 0, `${found}: ${why}; ${wanted}`, cause)
}

/** Returns the error of a topic in which the last record that was read is another one. */
export function otherTopic(
  topic: string,
  offset: number,
  epoch: number,
  copy: string,
): MeridianError {
  const found = `its record ${offset} (of leader epoch ${epoch}) is not the one that ${copy} was made of`
  const why = 'it is another topic, or one restored from a backup'
  const wanted = 'wanted is the old topic, or no such file, so that the topic is read anew'
  return damaged(`topic ${topic}`, 0, `${found}: ${why}; ${wanted}`)
}
