import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { damaged, foreign, unavailable } from './log-errors.ts'
import { checkHeader, createTables, LOG_FORMAT, readMeta, type CheckedLog } from './sqlite-check.ts'
import { explain } from './sqlite-errors.ts'

/*
 * The file of the SQLite log: how it is made, recognised, checked and locked.
 *
 * It is opened twice. First for reading only, to check everything: such a connection can never write
 * to the file, not even the checkpoint that SQLite makes of a left WAL when it closes, so what is
 * refused stays as it was found. Then for writing, with locking_mode=EXCLUSIVE: the lock on the file is
 * kept until the process ends, however it ends, and there is no lock file that somebody could remove.
 * Nothing else in this process may open the file but SQLite itself: POSIX drops the locks of a process
 * on a file as soon as it closes any descriptor of it (sqlite.org/howtocorrupt.html §2.2).
 */

/** What is left of a WAL after a checkpoint; a big change makes it grow for a while. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024

/** A log file that is open for reading, and was found to be a log; its records are not checked yet. */
export interface FoundLog {
  readonly db: DatabaseSync
  /** The real path: links are followed. */
  readonly path: string
  readonly id: string
  readonly head: number
}

/**
 * Opens a log file for reading, or makes one (and its folder) where there is none. Throws
 * MERIDIAN_LOG_FOREIGN, MERIDIAN_LOG_DAMAGED or MERIDIAN_LOG_UNAVAILABLE.
 */
export function findLogFile(file: string): FoundLog {
  const path = locate(resolve(file))
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true })
    checkHeader(db, path, LOG_FORMAT)
    return { db, path, ...readMeta(db, path, LOG_FORMAT) }
  } catch (err) {
    db?.close()
    throw explain(path, err)
  }
}

/**
 * Opens a log file that was found whole for writing, and locks it. Nobody in this process may have it
 * open. Throws as `findLogFile`; the file is then as it was before.
 */
export function takeLogFile(path: string, checked: CheckedLog): DatabaseSync {
  const db = lock(path)
  try {
    const now = readMeta(db, path, LOG_FORMAT)
    if (now.id !== checked.id || now.head !== checked.head) {
      throw unavailable(path, 'it changed while it was checked: another central uses it')
    }
    return db
  } catch (err) {
    db.close()
    throw explain(path, err)
  }
}

// ---- making ----

/** Returns the real path of the log file, which exists afterwards. */
function locate(path: string): string {
  try {
    if (!existsSync(path)) create(path)
    const real = realpathSync(path)
    if (!statSync(real).isFile()) throw foreign(path, 'it is not a log of Meridian: not a file')
    return real
  } catch (err) {
    throw explain(path, err)
  }
}

/**
 * Makes an empty log under another name and links it to its own: a file under that name is always whole,
 * and of two centrals that start at once one takes what the other has made.
 */
function create(path: string): void {
  if (existsSync(`${path}-wal`)) {
    throw damaged(path, 0, `the file is gone, but the ${path}-wal that belongs to it is there`)
  }
  const folder = dirname(path)
  const firstMade = mkdirSync(folder, { recursive: true })
  const temporary = `${path}.new-${randomBytes(4).toString('hex')}`
  try {
    const db = new DatabaseSync(temporary)
    try {
      const id = randomBytes(16).toString('hex')
      db.exec('BEGIN')
      createTables(db, LOG_FORMAT)
      db.prepare('INSERT INTO meta (log_id, head) VALUES (?, 0)').run(id)
      db.exec('COMMIT')
      db.exec('PRAGMA journal_mode = WAL')
    } finally {
      db.close()
    }
    try {
      linkSync(temporary, path)
    } catch (err) {
      if (!existsSync(path)) throw err
    }
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(temporary + end, { force: true })
  }
  syncFolders(folder, firstMade === undefined ? folder : dirname(firstMade))
}

/** Makes the names in a folder durable, and those in its parents up to `last`. */
function syncFolders(folder: string, last: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  if (folder !== last) syncFolders(dirname(folder), last)
}

// ---- locking ----

/** Opens the file for writing and takes its lock; the file is known to be whole. */
function lock(path: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    // Before the first access: SQLite then keeps the index of the WAL in memory, not in a -shm file.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
    if (mode !== 'wal') throw unavailable(path, `its journal_mode stays ${String(mode)}, not wal`)
    db.exec('PRAGMA synchronous = FULL')
    // Without it a flush on macOS ends in the cache of the disk.
    db.exec('PRAGMA fullfsync = ON')
    db.exec(`PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`)
    // Shows that the file can be written at all, without writing: SQLite opens it for reading when not.
    db.exec('BEGIN EXCLUSIVE; UPDATE meta SET head = head; ROLLBACK')
    // Left by the check above. Whoever had it open held a lock that would have refused ours.
    rmSync(`${path}-shm`, { force: true })
    return db
  } catch (err) {
    db?.close()
    throw explain(path, err)
  }
}
