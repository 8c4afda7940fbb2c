import { MeridianError, messageOf } from '../../shared/errors.ts'
import { damaged, foreign, unavailable } from './log-errors.ts'

/** Turns an error of SQLite into one of the log; an error that has a code of ours stays as it is. */
export function explain(path: string, err: unknown, version?: number): Error {
  if (err instanceof MeridianError) return err
  switch (primaryCode(err)) {
    case SQLITE_BUSY:
      return unavailable(path, 'another central uses this log; it can have one at a time', err)
    case SQLITE_CORRUPT:
      return damaged(path, version ?? 0, `SQLite cannot read the file: ${messageOf(err)}`, err)
    case SQLITE_NOTADB:
      return foreign(path, 'it is not a log of Meridian: not an SQLite database at all', err)
    default:
      return unavailable(path, `the log cannot be used: ${messageOf(err)}`, err)
  }
}

/**
 * Turns an error met while the records of a file are read into one of the log: what does not come from
 * the surroundings of the file (its disk, its lock, its rights) comes from its bytes.
 */
export function blameFile(path: string, version: number, err: unknown): Error {
  if (err instanceof MeridianError) return err
  const code = primaryCode(err)
  if (code !== undefined && SURROUNDINGS.has(code)) return explain(path, err)
  return damaged(path, version, `the file cannot be read: ${messageOf(err)}`, err)
}

// ---- result codes of SQLite (sqlite.org/rescode.html) ----

const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL, AUTH, NOTADB: not said of single records. */
const SURROUNDINGS: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 10, 13, 14, 15, 23, 26])

/** The result code without its extension; undefined when SQLite did not throw this. */
function primaryCode(err: unknown): number | undefined {
  if (!(err instanceof Error) || !('errcode' in err)) return undefined
  return typeof err.errcode === 'number' ? err.errcode & 0xff : undefined
}
