import type { StoredMachine } from '../model/state.ts'

/** How a renewal went; the machine has to register anew when it is unknown, or out, or has changed. */
export type Renewal = 'renewed' | 'unknown' | 'changed'

/** How the sender of a renewal thinks that the machine is registered; what is left out is not compared. */
export interface AsRegistered {
  /** The change that last touched the machine. */
  readonly version?: number | undefined
  /** Its only address. */
  readonly address?: string | undefined
}

/** Why a machine may not renew; undefined when it may. */
export function renewalRefusal(
  stored: StoredMachine | undefined,
  as: AsRegistered,
): Exclude<Renewal, 'renewed'> | undefined {
  if (stored === undefined) return 'unknown'
  if (!isAsThought(stored, as)) return 'changed'
  return stored.out === undefined ? undefined : 'unknown'
}

/** Whether a machine is registered as the sender of a renewal thinks. */
export function isAsThought(
  { value: { addresses }, version }: StoredMachine,
  as: AsRegistered,
): boolean {
  if (as.version !== undefined && as.version !== version) return false
  return as.address === undefined || (addresses.length === 1 && addresses[0] === as.address)
}
