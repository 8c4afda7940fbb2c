import type { RefusedMessage, SourcePosition } from './events.ts'
import type { RegistryState } from './state.ts'

/*
 * Topics that feed zones: up to where their messages are in the state, and which of them were refused. Both
 * are written in one change with what the messages became.
 */

/** Refused messages that are kept, the last ones of all sources together. */
export const DEAD_LETTERS_MAX = 1_000

/** A message that was refused, and the how manieth it was. */
export interface DeadLetter extends RefusedMessage {
  readonly number: number
}

/** What names a partition of a topic of a source. */
export type SourcePlace = Pick<SourcePosition, 'source' | 'topicId' | 'partition'>

/**
 * The offset of the next message to be taken; undefined where none was taken yet of this very topic: one of
 * the same name that was made anew is another.
 */
export function positionOf(
  state: Pick<RegistryState, 'sources'>,
  { source, topicId, partition }: SourcePlace,
): number | undefined {
  const position = state.sources.get(keyOf(source, partition))
  return position?.topicId === topicId ? position.next : undefined
}

/** Keeps a position in place of the one before it. For `evolve` only. */
export function putPosition(state: RegistryState, position: SourcePosition): void {
  state.sources.set(keyOf(position.source, position.partition), position)
}

/** Keeps a refused message; the oldest goes when there are too many. For `evolve` only. */
export function putRefused(state: RegistryState, message: RefusedMessage): void {
  putDeadLetter(state, { ...message, number: (state.refusedCount.get('all') ?? 0) + 1 })
}

/** Puts a dead letter where it was. For `evolve` only. */
export function putDeadLetter(state: RegistryState, letter: DeadLetter): void {
  state.deadLetters.set(letter.number % DEAD_LETTERS_MAX, letter)
  const count = state.refusedCount.get('all') ?? 0
  state.refusedCount.set('all', Math.max(count, letter.number))
}

function keyOf(source: string, partition: number): string {
  return `${source} ${partition}`
}
