import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { assert, asyncProperty, nat } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MeridianError } from '../../shared/errors.ts'
import { changeOf, coded } from './event-log.contract.ts'
import { openSqliteLog } from './sqlite-log.ts'

const RECORDS = 40

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-log-'))
  file = join(folder, 'log.db')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Makes a closed log, changes it by SQL and takes the WAL mode away, so that its bytes are one file. */
async function makeLog(...changes: readonly string[]): Promise<void> {
  const log = await openSqliteLog(file)
  await log.append(
    0,
    Array.from({ length: RECORDS }, (_, i) => changeOf(`number ${i + 1}`)),
  )
  await log.close()
  const db = new DatabaseSync(file, { defensive: false })
  for (const sql of changes) db.exec(sql)
  db.close()
}

/** Opens what must be refused: how, and whether every byte of it is as it was. */
async function refuse(): Promise<unknown> {
  const before = readFileSync(file)
  const refusal: unknown = await openSqliteLog(file).catch((err: unknown) => err)
  return { refusal, unchanged: readFileSync(file).equals(before) }
}

describe('a log with a fault is refused, and left as it is', () => {
  test.for([
    {
      fault: 'a row deleted in the middle',
      sql: 'DELETE FROM changes WHERE version = 20',
      message: 'log.db: the log is damaged at version 20: it is missing, the next one found is 21',
    },
    {
      fault: 'the first row deleted',
      sql: 'DELETE FROM changes WHERE version = 1',
      message: 'damaged at version 1: it is missing, the next one found is 2',
    },
    {
      fault: 'the last row deleted',
      sql: `DELETE FROM changes WHERE version = ${RECORDS}`,
      message: `damaged at version ${RECORDS}: the records end at version 39, the head is 40`,
    },
    {
      fault: 'all rows deleted',
      sql: 'DELETE FROM changes',
      message: 'damaged at version 1: the records end at version 0, the head is 40',
    },
    {
      fault: 'a row added at the end',
      sql: "INSERT INTO changes SELECT 41, payload, x'00' FROM changes WHERE version = 1",
      message: 'damaged at version 41: the hash stored is 00, the record and those before it have',
    },
    {
      fault: 'a payload changed',
      sql: "UPDATE changes SET payload = replace(payload, '192', '193') WHERE version = 7",
      message: 'damaged at version 7: the hash stored is',
    },
    {
      fault: 'a hash changed',
      sql: 'UPDATE changes SET hash = randomblob(32) WHERE version = 8',
      message: 'damaged at version 8: the hash stored is',
    },
    {
      fault: 'two payloads swapped',
      sql: 'UPDATE changes SET payload = (SELECT payload FROM changes AS o WHERE o.version = 12) WHERE version = 11',
      message: 'damaged at version 11: the hash stored is',
    },
    {
      fault: 'a version too great for a number',
      sql: 'UPDATE changes SET version = 9007199254740993 WHERE version = 40',
      message: 'damaged at version 40: the file cannot be read',
    },
    {
      fault: 'another id',
      sql: "UPDATE meta SET log_id = '00112233445566778899aabbccddeeff'",
      message: 'damaged at version 1: the hash stored is',
    },
    {
      fault: 'an id of another form',
      sql: "UPDATE meta SET log_id = 'me'",
      message: 'is damaged: its table meta does not hold one id and one head',
    },
    {
      fault: 'no row in meta',
      sql: 'DELETE FROM meta',
      message: 'is damaged: its table meta does not hold one id and one head',
    },
    {
      fault: 'a table more',
      sql: 'CREATE TABLE more (a)',
      message: 'is damaged: its tables are not those of a log',
    },
    {
      fault: 'a table less',
      sql: 'DROP TABLE meta',
      message: 'is damaged: its tables are not those of a log',
    },
    {
      fault: 'free pages',
      sql: 'CREATE TABLE more AS SELECT * FROM changes; DROP TABLE more',
      message: 'free pages, a log has none',
    },
    {
      fault: 'an older format that never was',
      sql: 'PRAGMA user_version = 0',
      message: 'is damaged: its user_version is 0, 1 is wanted',
    },
  ])('$fault', async ({ sql, message }) => {
    await makeLog(sql)
    expect(await refuse()).toEqual({
      refusal: coded('MERIDIAN_LOG_DAMAGED', message),
      unchanged: true,
    })
  })

  test('a byte flipped in the middle of the file', async () => {
    await makeLog()
    // Pages have remains of older cells in their free room: all of them, to hit the live one.
    const bytes = readFileSync(file, 'latin1').replaceAll('number 20', 'Number 20')
    writeFileSync(file, bytes, 'latin1')
    expect(await refuse()).toEqual({
      refusal: coded('MERIDIAN_LOG_DAMAGED', 'at version 20: the hash stored is'),
      unchanged: true,
    })
  })

  test('a file cut to half', async () => {
    await makeLog()
    writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2))
    expect(await refuse()).toEqual({
      refusal: coded('MERIDIAN_LOG_DAMAGED', 'database disk image is malformed'),
      unchanged: true,
    })
  })

  test('a file that SQLite would only read', async () => {
    await makeLog()
    const bytes = readFileSync(file)
    // File format write version: beyond 2 the file may be read, not written (sqlite.org/fileformat2.html §1.3.2).
    bytes[18] = 3
    writeFileSync(file, bytes)
    expect(await refuse()).toEqual({
      refusal: coded('MERIDIAN_LOG_UNAVAILABLE', 'attempt to write a readonly database'),
      unchanged: true,
    })
  })

  test('a left WAL whose file is gone, instead of a new log that would swallow it', async () => {
    writeFileSync(`${file}-wal`, 'left')
    await expect(openSqliteLog(file)).rejects.toEqual(
      coded('MERIDIAN_LOG_DAMAGED', 'the file is gone, but'),
    )
    expect(readdirSync(folder)).toEqual(['log.db-wal'])
  })

  test('any flipped bit is refused, or lies where nothing is kept and nothing is lost', async () => {
    await makeLog()
    const whole = readFileSync(file)
    const log = await openSqliteLog(file)
    const wanted = JSON.stringify([...log.read(0)])
    await log.close()
    /** Opens the file, reads and appends; what it held, or the code that it was refused with. */
    const use = async (bytes: Buffer): Promise<string> => {
      try {
        const flipped = await openSqliteLog(file)
        const held = JSON.stringify([...flipped.read(0)])
        await flipped.append(RECORDS, [changeOf('after the flip')])
        const appended = [...flipped.read(RECORDS)].length
        await flipped.close()
        return `${appended} after ${held}`
      } catch (err) {
        if (!(err instanceof MeridianError)) throw err
        return readFileSync(file).equals(bytes) ? err.code : `changed the file, ${err.code}`
      }
    }
    const good = [
      `1 after ${wanted}`,
      'MERIDIAN_LOG_DAMAGED',
      'MERIDIAN_LOG_FOREIGN',
      'MERIDIAN_LOG_UNAVAILABLE',
    ]
    await assert(
      asyncProperty(nat(whole.length - 1), nat(7), async (at, bit) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (whole[at] ?? 0) ^ (1 << bit)
        for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true })
        writeFileSync(file, bytes)
        expect(good).toContain(await use(bytes))
      }),
      { numRuns: 100 },
    )
  })
})

describe('what is no log of this software is refused, and left as it is', () => {
  test('another SQLite database', async () => {
    const db = new DatabaseSync(file)
    db.exec('CREATE TABLE accounts (id INTEGER)')
    db.close()
    expect(await refuse()).toEqual({
      refusal: coded(
        'MERIDIAN_LOG_FOREIGN',
        'log.db: it is not a log of Meridian: an SQLite database with the application_id 0x00000000, 0x4d4c4f47 is wanted',
      ),
      unchanged: true,
    })
  })

  test('a log of a newer format', async () => {
    await makeLog('PRAGMA user_version = 2')
    expect(await refuse()).toEqual({
      refusal: coded(
        'MERIDIAN_LOG_FOREIGN',
        'it was written by a newer version of Meridian: its user_version is 2, this one reads up to 1',
      ),
      unchanged: true,
    })
  })

  test.for([
    { what: 'text', content: 'clusters:\n  - id: sfo\n'.repeat(100) },
    { what: 'a few bytes', content: 'hello' },
  ])('a file that is no database: $what', async ({ content }) => {
    writeFileSync(file, content)
    expect(await refuse()).toEqual({
      refusal: coded('MERIDIAN_LOG_FOREIGN', 'not an SQLite database at all'),
      unchanged: true,
    })
  })

  test('an empty file: a log is never empty, so something has cut it', async () => {
    writeFileSync(file, '')
    expect(await refuse()).toEqual({
      refusal: coded('MERIDIAN_LOG_FOREIGN', 'the application_id 0x00000000'),
      unchanged: true,
    })
  })

  test('a folder', async () => {
    mkdirSync(file)
    await expect(openSqliteLog(file)).rejects.toEqual(coded('MERIDIAN_LOG_FOREIGN', 'not a file'))
  })

  test('a path through something that is no folder', async () => {
    writeFileSync(file, 'in the way')
    await expect(openSqliteLog(join(file, 'log.db'))).rejects.toEqual(
      coded('MERIDIAN_LOG_UNAVAILABLE', 'the log cannot be used: '),
    )
  })
})
