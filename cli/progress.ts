import { systemClock } from '../shared/clock.ts'
import type { Io } from './call.ts'

/** Nothing is said about what takes less. */
const PATIENCE_MS = 1000

/**
 * Waits for `work`; when it takes over a second and a person looks at stderr, a line there counts the
 * seconds. The line is gone when the work is done.
 */
export async function withProgress<T>(io: Io, what: string, work: Promise<T>): Promise<T> {
  if (!io.isErrTty) return work
  const startedAt = systemClock.nowMs()
  let isShown = false
  const timer = setInterval(() => {
    isShown = true
    io.err(`\r${what} … ${Math.floor((systemClock.nowMs() - startedAt) / 1000)} s`)
  }, PATIENCE_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    // The whole line is erased (ECMA-48 §8.3.41, EL 2).
    if (isShown) io.err('\r\u001B[2K')
  }
}
