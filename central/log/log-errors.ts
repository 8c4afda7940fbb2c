import { MeridianError } from '../../shared/errors.ts'

/** The errors that every driver of the event log shows in the same words. `log` is its file or topic. */

/** Returns the error of a record that is not what was written at its version; 0 when it is no single record. */
export function damaged(
  log: string,
  version: number,
  found: string,
  cause?: unknown,
): MeridianError {
  const place = version === 0 ? '' : ` at version ${version}`
  return new MeridianError(
    'MERIDIAN_LOG_DAMAGED',
    `${log}: the log is damaged${place}: ${found}`,
    cause === undefined ? undefined : { cause },
  )
}

/** Returns the error of something that is no log of Meridian, or one of newer software. */
export function foreign(log: string, found: string, cause?: unknown): MeridianError {
  return new MeridianError(
    'MERIDIAN_LOG_FOREIGN',
    `${log}: ${found}`,
    cause === undefined ? undefined : { cause },
  )
}

/** Returns the error of a log that cannot be used now. */
export function unavailable(log: string, reason: string, cause?: unknown): MeridianError {
  return new MeridianError(
    'MERIDIAN_LOG_UNAVAILABLE',
    `${log}: ${reason}`,
    cause === undefined ? undefined : { cause },
  )
}

/** Returns the error of an append that expected another head. */
export function conflict(log: string, expectedHead: number, head: number): MeridianError {
  return new MeridianError(
    'MERIDIAN_LOG_CONFLICT',
    `${log}: an append expected version ${expectedHead} as the head, it is ${head}`,
  )
}

/** Returns the error of a log that takes no writes now; its words are for whoever wanted to write. */
export function readOnly(reason: string): MeridianError {
  return new MeridianError(
    'MERIDIAN_LOG_READ_ONLY',
    `central is read-only: ${reason}; nothing was changed, try again later`,
  )
}

/** Returns the error of an append of which it is not known whether it was written. */
export function unanswered(log: string, waitedMs: number, cause?: unknown): MeridianError {
  return new MeridianError(
    'MERIDIAN_LOG_UNANSWERED',
    `${log} did not say within ${waitedMs} ms whether the change was written: it may come yet, ` +
      'once and whole, or never; read before writing again',
    cause === undefined ? undefined : { cause },
  )
}

/** Throws RangeError when a version to read after is not an integer from 0 up. */
export function assertVersion(version: number): void {
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new RangeError(`version to read after: ${version} is not an integer from 0 up`)
  }
}
