import type { Command } from '../model/decide.ts'
import type { RegistryState, StoredWindow } from '../model/state.ts'
import type { Due } from './due-changes.ts'

/** Begins and ends windows of maintenance. */
export const maintenanceTimes: Due = {
  cause: 'maintenance',
  firstAt: (state) => {
    let first = Infinity
    for (const stored of state.maintenance.values()) first = Math.min(first, nextOf(stored))
    return first
  },
  commandsOf,
  isSooner: (_state, { maintenance }) => maintenance === true,
  refused: 'maintenance can neither begin nor end',
}

/** When a window begins, or ends once it is in force. */
function nextOf({ value, isInForce }: StoredWindow): number {
  return isInForce ? value.untilEpoch : value.fromEpoch
}

/**
 * At most `MAINTENANCE_MAX`. What ends is told before what begins: a window that follows another on the same
 * place has it without a moment between them, for they are one change.
 */
function commandsOf(
  state: Pick<RegistryState, 'maintenance'>,
  nowEpoch: number,
): readonly Command[] {
  const commands: Command[] = []
  const begins: Command[] = []
  for (const stored of state.maintenance.values()) {
    const { id, untilEpoch } = stored.value
    // One that was missed as a whole only ends.
    if (untilEpoch <= nowEpoch) commands.push({ type: 'end-maintenance', id, nowEpoch })
    else if (nextOf(stored) <= nowEpoch) begins.push({ type: 'begin-maintenance', id, nowEpoch })
  }
  commands.push(...begins)
  return commands
}
