import { parentPort, workerData } from 'node:worker_threads'
import type { ErrorCode } from '../../shared/errors.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { CheckedLog } from './sqlite-check.ts'
import { checkLog, LOG_FORMAT } from './sqlite-check.ts'

/* The program of the thread that checks a log: it is given the path, answers once, and ends. */

/** What was found. Errors lose their class on the way, so that what they say is sent. */
export type CheckResult =
  | { readonly ok: true; readonly checked: CheckedLog }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }

function check(path: string): CheckResult {
  try {
    return { ok: true, checked: checkLog(path, LOG_FORMAT) }
  } catch (err) {
    if (!(err instanceof MeridianError)) throw err
    return { ok: false, code: err.code, message: err.message }
  }
}

// A port, not a window: there is no origin to name.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(check(String(workerData)))
