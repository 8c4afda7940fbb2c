/** The clock that the data threads are told: whole seconds, above 0. `nowMs` is monotonic. */
export function secondsOf(nowMs: number): number {
  return 1 + Math.floor(nowMs / 1000)
}
