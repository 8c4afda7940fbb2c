import { loadAddon } from './addon.ts'

let yieldCore: (() => void) | undefined

/**
 * Lets the threads that wait for this core go first (sched_yield): long work beside threads that answer queries
 * calls it every half millisecond or so, where the kernel would let them wait to its next tick, up to 4 ms. Does nothing without the addon.
 */
export function giveWay(): void {
  yieldCore ??= load()
  yieldCore()
}

function load(): () => void {
  const loaded = loadAddon()
  return loaded.ok ? loaded.addon.giveWay : () => undefined
}
