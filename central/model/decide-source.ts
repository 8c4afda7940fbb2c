import { assertNever } from '../../shared/errors.ts'
import type { Decision } from './decision.ts'
import { accept, reject } from './decision.ts'
import type { RefusedMessage, SourcePosition } from './events.ts'
import { positionOf } from './sources.ts'
import type { RegistryState } from './state.ts'

/** What is written down of a topic that feeds zones, beside what its messages became. */
export type SourceCommand =
  | {
      readonly type: 'move-source'
      readonly position: SourcePosition
      /** Where the messages of the change began; undefined where none of the topic were taken yet. */
      readonly from: number | undefined
    }
  | { readonly type: 'refuse-message'; readonly message: RefusedMessage }

/**
 * As `decide`, of sources. A position moves only from where the state has it: of two changes with the same
 * messages one holds, whoever wrote them.
 */
export function decideSource(state: RegistryState, command: SourceCommand): Decision {
  switch (command.type) {
    case 'move-source': {
      const { position, from } = command
      const before = positionOf(state, position)
      if (before !== from) {
        const { source, topic, partition } = position
        const what = `source ${source}, topic ${topic}, partition ${partition}`
        const found = `${what} is at ${before ?? 'no offset yet'}`
        return reject('precondition-failed', `${found}, ${from ?? 'none'} is wanted`)
      }
      return before === position.next ? accept() : accept({ type: 'source-position', ...position })
    }
    case 'refuse-message':
      return accept({ type: 'source-refused', ...command.message })
    default:
      return assertNever(command)
  }
}
