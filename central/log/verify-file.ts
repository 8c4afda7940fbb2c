import { join } from 'node:path'
import { MeridianError } from '../../shared/errors.ts'
import { COPY_FORMAT, COPY_REMEDY } from './kafka/copy-format.ts'
import { logFiles, type FileDriver } from './log-files.ts'
import { decodeRecord } from './record.ts'
import { checkLog, LOG_FORMAT, type LogFormat } from './sqlite-check.ts'

/** What a file was found to be, from its first record to its last. */
export type VerifiedFile =
  | {
      readonly ok: true
      readonly version: number
      /** Hash of the history up to the version; absent in a copy of a topic that has nothing of it yet. */
      readonly hash?: string
      readonly events: number
    }
  /** `version`: the first record that is not as it was written. */
  | { readonly ok: false; readonly version: number; readonly detail: string }

/**
 * Checks the log of a central that is stopped, without a way to write to it; `onRecord` hears how far it has
 * come. Throws MERIDIAN_LOG_UNAVAILABLE when a central uses it, or it cannot be read.
 */
export function verifyLogFile(
  dataDir: string,
  driver: FileDriver,
  onRecord: (version: number, head: number) => void,
): VerifiedFile {
  const path = join(dataDir, logFiles[driver])
  const { format, remedy } = kinds[driver]
  let events = 0
  let version = 0
  try {
    const { id, head, hash } = checkLog(path, format, (row, last) => {
      events += decodeRecord(path, row.version, row.payload).events.length
      version = row.version
      onRecord(version, last)
    })
    return { ok: true, version: head, ...(id === '' ? {} : { hash }), events }
  } catch (err) {
    if (!(err instanceof MeridianError) || !faults.has(err.code)) throw err
    const detail = err.code === 'MERIDIAN_LOG_DAMAGED' ? err.message + remedy : err.message
    return { ok: false, version: version + 1, detail }
  }
}

interface Kind {
  readonly format: LogFormat
  /** What to do when it is damaged. */
  readonly remedy: string
}

const kinds: Readonly<Record<FileDriver, Kind>> = {
  sqlite: { format: LOG_FORMAT, remedy: '' },
  kafka: { format: COPY_FORMAT, remedy: COPY_REMEDY },
}

const faults: ReadonlySet<string> = new Set(['MERIDIAN_LOG_DAMAGED', 'MERIDIAN_LOG_FOREIGN'])
