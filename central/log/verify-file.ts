import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MeridianError } from '../../shared/errors.ts'
import { decodeRecord } from './record.ts'
import { checkLog } from './sqlite-check.ts'

/** The files in which drivers keep a log, under the data folder of a central. */
export const logFiles: readonly string[] = ['events.sqlite', 'events-kafka.sqlite']

/** What a file was found to be, from its first record to its last. */
export type VerifiedFile =
  | {
      readonly ok: true
      readonly version: number
      /** Hash of the history up to the version. */
      readonly hash: string
      readonly events: number
    }
  /** `version`: the first record that is not as it was written; `absent`: there is no log. */
  | { readonly ok: false; readonly version: number; readonly detail: string }
  | 'absent'

/**
 * Checks the log of a central that is stopped, without a way to write to it; `onRecord` hears how far it has
 * come. Throws MERIDIAN_LOG_UNAVAILABLE when a central uses it, or it cannot be read.
 */
export function verifyLogFile(
  dataDir: string,
  onRecord: (version: number, head: number) => void,
): VerifiedFile {
  const path = logFiles.map((name) => join(dataDir, name)).find((file) => existsSync(file))
  if (path === undefined) return 'absent'
  let events = 0
  let version = 0
  try {
    const { head, hash } = checkLog(path, (row, last) => {
      events += decodeRecord(path, row.version, row.payload).events.length
      version = row.version
      onRecord(version, last)
    })
    return { ok: true, version: head, hash, events }
  } catch (err) {
    if (!(err instanceof MeridianError) || !faults.has(err.code)) throw err
    return { ok: false, version: version + 1, detail: err.message }
  }
}

const faults: ReadonlySet<string> = new Set(['MERIDIAN_LOG_DAMAGED', 'MERIDIAN_LOG_FOREIGN'])
