import type { Startable } from '../../shared/startable.ts'
import type { Note } from './notes.ts'

/**
 * Where centrals tell each other what need not be kept: each hears all, itself too, in one order. What is
 * told while it is out of reach is lost.
 */
export interface Bulletin extends Startable {
  /** Names this central; drawn anew at each start. */
  readonly id: string
  /** Notes that were lost because it was out of reach, or too many waited. */
  readonly dropped: number
  /** Tells a note soon, in the order of the calls. */
  post(note: Note): void
  /** Calls the listener with each note, of this central too. */
  onNote(listener: (from: string, note: Note) => void): void
  /** Calls the listener whenever it is reached, the first time and after it was lost. */
  onReached(listener: () => void): void
}
