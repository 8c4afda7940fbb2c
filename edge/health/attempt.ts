import { messageOf } from '../../shared/errors.ts'
import type { ProbeResult } from './probe.ts'
import { badBecause, resultOfError, unknownBecause } from './results.ts'

/** One probe under way. All may be called at any time; what comes after the first result is nothing. */
export interface Attempt {
  settle(result: ProbeResult): void
  /** Settles by what a socket says went wrong. */
  readonly fail: (err: unknown) => void
  /** Says what is waited for from now on, for the detail when it does not come in time. */
  waitFor(what: string): void
  /** Runs a listener; what it throws is a fault of ours, or of the check, and not of the target. */
  guard(work: () => void): void
}

/**
 * Runs a probe over something that has to be closed: `open` begins it and returns how it is released,
 * which is done once, at the first result or when the signal aborts. Never rejects.
 */
export function runAttempt(
  signal: AbortSignal,
  timeoutMs: number,
  open: (attempt: Attempt) => () => void,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    let waitedFor = 'connection'
    let release: (() => void) | undefined
    let isSettled = false
    const settle = (result: ProbeResult): void => {
      if (isSettled) return
      isSettled = true
      signal.removeEventListener('abort', onAbort)
      release?.()
      resolve(result)
    }
    const onAbort = (): void => settle(badBecause(`no ${waitedFor} within ${timeoutMs} ms`))
    const guard = (work: () => void): void => {
      try {
        work()
      } catch (err) {
        settle(unknownBecause(messageOf(err)))
      }
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort)
    guard(() => {
      release = open({
        settle,
        fail: (err) => settle(resultOfError(err)),
        waitFor: (what) => {
          waitedFor = what
        },
        guard,
      })
      // It had its result before there was anything to release it by.
      if (isSettled) release()
    })
  })
}
