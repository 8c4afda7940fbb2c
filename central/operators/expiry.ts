import type { Command } from '../model/decide.ts'
import type { RegistryState } from '../model/state.ts'
import type { Due } from './due-changes.ts'

/** Ends what operators have forced when its time is over. */
export const forceExpiry: Due = {
  cause: 'expiry',
  firstAt: firstUntil,
  commandsOf,
  isSooner: ({ forced }, { names }, dueEpoch) => {
    if (forced.size === 0) return false
    for (const name of names) {
      for (const { untilEpoch } of forced.get(name)?.values() ?? []) {
        if (untilEpoch < dueEpoch) return true
      }
    }
    return false
  },
  refused: 'what is forced cannot be ended',
}

function firstUntil(state: Pick<RegistryState, 'forced'>): number {
  let first = Infinity
  for (const forces of state.forced.values()) {
    for (const { untilEpoch } of forces.values()) first = Math.min(first, untilEpoch)
  }
  return first
}

/** At most `FORCED_MAX`. */
function commandsOf(state: Pick<RegistryState, 'forced'>, nowEpoch: number): readonly Command[] {
  const commands: Command[] = []
  for (const forces of state.forced.values()) {
    for (const { app, cluster, untilEpoch } of forces.values()) {
      if (untilEpoch > nowEpoch) continue
      commands.push({ type: 'unforce-endpoint', app, cluster, why: 'expired', atEpoch: nowEpoch })
    }
  }
  return commands
}
