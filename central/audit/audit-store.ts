import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import { STATUS_REFUSED, type Attempt, type KeptAttempt } from './attempt.ts'

/** Attempts of known tokens that are kept; the oldest go first. */
const ATTEMPTS_MAX = 200_000
/** Refused attempts without a known token that are kept apart, so that they push out no other. */
const ANONYMOUS_MAX = 50_000
/** Attempts that wait to be written; more are lost, and counted. */
const WAITING_MAX = 10_000
/** They are written together, at the latest after so long. */
const FLUSH_MS = 100
/** Attempts without a known token that are taken at once. */
const ANONYMOUS_BURST_MAX = 200
/** One more of them each time that so much has passed. */
const ANONYMOUS_PAUSE_MS = 50
/** Characters of a path and of a detail that are kept. */
const TEXT_MAX_CHARACTERS = 500

/** "MAUD" in the header of the file. */
const APPLICATION_ID = 0x4d415544
const FORMAT_VERSION = 1

const SCHEMA = `
  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    is_anonymous INTEGER NOT NULL,
    at_epoch REAL NOT NULL, version INTEGER NOT NULL,
    actor TEXT NOT NULL, origin TEXT NOT NULL, cause TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL,
    status INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX attempts_by_version ON attempts (version, id);
  CREATE INDEX attempts_by_age ON attempts (is_anonymous, id);
`

export interface AuditBounds {
  readonly attemptsMax: number
  readonly anonymousMax: number
}

export interface AuditStoreOptions {
  /** `:memory:` where nothing is to outlive the process. */
  readonly file: string
  readonly clock: Clock
  readonly logger: Logger
  /** For tests. */
  readonly bounds?: AuditBounds
}

/** Which refused attempts are wanted: those after a place, up to a version. */
export interface AttemptQuery {
  readonly after: AttemptPlace
  readonly untilVersion: number
  readonly limit: number
  readonly actor?: string | undefined
  readonly sinceEpoch?: number | undefined
  readonly untilEpoch?: number | undefined
}

/** After which version, and after which attempt of that version. */
export interface AttemptPlace {
  readonly version: number
  readonly id: number
}

/**
 * What the log does not have: attempts that were refused, and where accepted ones came from. A table
 * beside the log with a bound, not a part of the truth: what cannot be written is counted and logged,
 * and serving goes on.
 */
export class AuditStore implements Startable {
  /** Attempts that were written, and such that were not: too many at once, or the file takes none. */
  readonly stats = { written: 0, lost: 0 }
  readonly #file: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #bounds: AuditBounds
  #open: OpenFile | undefined
  #waiting: Attempt[] = []
  #timer: NodeJS.Timeout | undefined
  /** When the allowance for attempts without a token is full again. */
  #anonymousAt = -Infinity

  constructor({ file, clock, logger, bounds }: AuditStoreOptions) {
    this.#file = file
    this.#clock = clock
    this.#logger = logger
    this.#bounds = bounds ?? { attemptsMax: ATTEMPTS_MAX, anonymousMax: ANONYMOUS_MAX }
  }

  /** Opens the file, or makes it. Throws MERIDIAN_AUDIT_UNAVAILABLE when it is something else or cannot be used. */
  async start(): Promise<void> {
    this.#open = openFile(this.#file)
  }

  /** Writes what waits and closes the file. */
  async stop(): Promise<void> {
    this.flush()
    this.#open?.db.close()
    this.#open = undefined
  }

  /** Keeps an attempt, soon. Never throws. */
  note(attempt: Attempt): void {
    const isFull = this.#waiting.length >= WAITING_MAX
    if (this.#open === undefined || isFull || !this.#mayPass(attempt)) {
      this.stats.lost++
      return
    }
    this.#waiting.push(attempt)
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  /** Writes what waits. Never throws. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const attempts = this.#waiting
    this.#waiting = []
    if (attempts.length === 0 || this.#open === undefined) return
    const { db, insert, trim } = this.#open
    try {
      db.exec('BEGIN IMMEDIATE')
      for (const attempt of attempts) insert.run(...rowOf(attempt))
      for (const [isAnonymous, most] of [
        [0, this.#bounds.attemptsMax],
        [1, this.#bounds.anonymousMax],
      ] as const) {
        trim.run(isAnonymous, isAnonymous, most)
      }
      db.exec('COMMIT')
      this.stats.written += attempts.length
    } catch (err) {
      if (db.isTransaction) db.exec('ROLLBACK')
      this.stats.lost += attempts.length
      const fields = { file: this.#file, attempts: attempts.length, detail: messageOf(err) }
      this.#logger.error(fields, 'attempts could not be kept')
    }
  }

  /** Refused attempts by their place, up to a limit. */
  refused(query: AttemptQuery): readonly KeptAttempt[] {
    this.flush()
    const { after, untilVersion, limit, actor, sinceEpoch, untilEpoch } = query
    const rows = this.#open?.selectRefused.all(
      after.version,
      after.id,
      Math.min(untilVersion, Number.MAX_SAFE_INTEGER),
      actor ?? null,
      sinceEpoch ?? null,
      untilEpoch ?? null,
      limit,
    )
    return rows?.map(attemptOf) ?? []
  }

  /** The accepted attempt that led to a version; undefined when it is not known any more, or never was. */
  accepted(version: number, cause: string): KeptAttempt | undefined {
    this.flush()
    const row = this.#open?.selectAccepted.get(version, cause)
    return row === undefined ? undefined : attemptOf(row)
  }

  /** Whoever has no token may not fill the disk: beyond a pace his attempts are only counted. */
  #mayPass({ actor }: Attempt): boolean {
    if (actor !== '') return true
    const now = this.#clock.nowMs()
    const full = Math.max(now, this.#anonymousAt)
    if (full - now >= ANONYMOUS_BURST_MAX * ANONYMOUS_PAUSE_MS) return false
    this.#anonymousAt = full + ANONYMOUS_PAUSE_MS
    return true
  }
}

type Row = ReturnType<StatementSync['all']>[number]

function rowOf(attempt: Attempt): (string | number)[] {
  const { actor, atEpoch, version, origin, cause, method, path, status, code, detail } = attempt
  const isAnonymous = actor === '' ? 1 : 0
  const cut = (text: string): string => text.slice(0, TEXT_MAX_CHARACTERS)
  const who = [actor, cut(origin), cut(cause)]
  return [isAnonymous, atEpoch, version, ...who, method, cut(path), status, code, cut(detail)]
}

function attemptOf(row: Row): KeptAttempt {
  const text = (column: string): string => String(row[column] ?? '')
  return {
    id: Number(row['id']),
    atEpoch: Number(row['at_epoch']),
    version: Number(row['version']),
    actor: text('actor'),
    origin: text('origin'),
    cause: text('cause'),
    method: text('method'),
    path: text('path'),
    status: Number(row['status']),
    code: text('code'),
    detail: text('detail'),
  }
}

/** The file, with what is asked of it. */
interface OpenFile {
  readonly db: DatabaseSync
  readonly insert: StatementSync
  readonly trim: StatementSync
  readonly selectRefused: StatementSync
  readonly selectAccepted: StatementSync
}

function openFile(file: string): OpenFile {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file)
    prepareFile(db)
    return {
      db,
      insert: db.prepare(
        `INSERT INTO attempts (is_anonymous, at_epoch, version, actor, origin, cause, method, path,
         status, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      trim: db.prepare(
        `DELETE FROM attempts WHERE is_anonymous = ? AND id <=
         (SELECT id FROM attempts WHERE is_anonymous = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      ),
      selectRefused: db.prepare(
        `SELECT * FROM attempts WHERE (version, id) > (?1, ?2) AND version <= ?3
         AND status >= ${STATUS_REFUSED} AND (?4 IS NULL OR actor = ?4)
         AND (?5 IS NULL OR at_epoch >= ?5) AND (?6 IS NULL OR at_epoch <= ?6)
         ORDER BY version, id LIMIT ?7`,
      ),
      selectAccepted: db.prepare(
        `SELECT * FROM attempts WHERE version = ? AND cause = ? AND status < ${STATUS_REFUSED} LIMIT 1`,
      ),
    }
  } catch (err) {
    db?.close()
    const reason = `${messageOf(err)}; move it away to begin a new one`
    const message = `${file}: the audit cannot be used: ${reason}`
    throw new MeridianError('MERIDIAN_AUDIT_UNAVAILABLE', message, { cause: err })
  }
}

function prepareFile(db: DatabaseSync): void {
  const id = Number(db.prepare('PRAGMA application_id').get()?.['application_id'])
  const format = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  const isNew = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0
  if (!isNew && (id !== APPLICATION_ID || format !== FORMAT_VERSION)) {
    throw new TypeError('it is not an audit of Meridian in a format that is known')
  }
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  if (!isNew) return
  db.exec(`BEGIN; ${SCHEMA}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`)
}
