import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeOf, coded } from './event-log.contract.ts'
import { LocalCopy } from './kafka/local-copy.ts'
import { encodeChange, hashOfLog, hashOfRecord } from './record.ts'
import { openSqliteLog } from './sqlite-log.ts'
import { findLogFiles, logFiles, type FileDriver } from './log-files.ts'
import { verifyLogFile } from './verify-file.ts'

const RECORDS = 20
const LOG_ID = '0123456789abcdef0123456789abcdef'
const TOPIC = 'meridian'

let folder = ''
let copyFile = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-verify-'))
  copyFile = join(folder, logFiles.kafka)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** The records of a topic, as it is folded. */
function rowsOf(count: number) {
  let hash = hashOfLog(LOG_ID)
  return Array.from({ length: count }, (_, i) => {
    const payload = encodeChange(changeOf(`number ${i + 1}`, 2))
    hash = hashOfRecord(hash, i + 1, payload)
    return { version: i + 1, payload, hash }
  })
}

/** Makes a closed copy of a topic that has parts of an append, of which some were dropped again. */
function makeCopy(...changes: readonly string[]): string {
  const copy = new LocalCopy(copyFile, TOPIC)
  const rows = rowsOf(RECORDS)
  const end = { epoch: 0, anchor: 'ab'.repeat(32) }
  const part = (author: string, offset: number) => ({
    add: { author, offset, value: Buffer.alloc(100_000) },
  })
  copy.store({
    end: { ...end, next: 30 },
    logId: LOG_ID,
    rows,
    parts: [part('a', 27), part('b', 28)],
  })
  copy.store({ end: { ...end, next: 31 }, logId: undefined, rows: [], parts: [{ drop: 'a' }] })
  copy.close()
  alter(copyFile, changes)
  return rows.at(-1)?.hash ?? ''
}

function alter(file: string, changes: readonly string[]): void {
  const db = new DatabaseSync(file, { defensive: false })
  for (const sql of changes) db.exec(sql)
  db.close()
}

function verify(driver: FileDriver) {
  return verifyLogFile(folder, driver, () => undefined)
}

describe('the local copy of a topic', () => {
  test('that is whole is told so, with head, hash and events, and is left as it was', () => {
    const hash = makeCopy()
    const before = readFileSync(copyFile)
    expect(verify('kafka')).toEqual({ ok: true, version: RECORDS, hash, events: RECORDS * 2 })
    expect(readFileSync(copyFile).equals(before)).toBe(true)
    const copy = new LocalCopy(copyFile, TOPIC)
    expect(copy.head).toBe(RECORDS)
    copy.close()
    expect(readdirSync(folder)).toEqual([logFiles.kafka])
  })

  test('that has nothing of the topic yet is whole, and has no hash', () => {
    new LocalCopy(copyFile, TOPIC).close()
    expect(verify('kafka')).toEqual({ ok: true, version: 0, events: 0 })
  })

  test.for<[fault: string, sql: string, version: number, detail: string]>([
    [
      'a byte of a payload changed',
      "UPDATE changes SET payload = replace(payload, '192.0.2.1', '192.0.2.9') WHERE version = 7",
      7,
      'damaged at version 7: the hash stored is ',
    ],
    [
      'two rows swapped',
      `UPDATE changes SET version = 99 WHERE version = 5;
       UPDATE changes SET version = 5 WHERE version = 6;
       UPDATE changes SET version = 6 WHERE version = 99`,
      5,
      'damaged at version 5: the hash stored is ',
    ],
    [
      'a row deleted',
      'DELETE FROM changes WHERE version = 9',
      9,
      'damaged at version 9: it is missing, the next one found is 10',
    ],
    [
      'the last row deleted',
      `DELETE FROM changes WHERE version = ${RECORDS}`,
      RECORDS,
      'the records end at version 19, the head is 20',
    ],
    ['another id', `UPDATE meta SET log_id = '${'f'.repeat(32)}'`, 1, 'damaged at version 1: '],
    ['no id', "UPDATE meta SET log_id = ''", 1, 'damaged at version 1: '],
    [
      'no place in the topic',
      'DELETE FROM topic',
      RECORDS + 1,
      'its table topic does not hold one place in a topic',
    ],
    ['a table less', 'DROP TABLE parts', 1, 'its tables are not those of a copy of a topic'],
  ])('with %s is damaged, and what to do is said', ([, sql, version, detail]) => {
    makeCopy(sql)
    const found = verify('kafka')
    expect(found).toMatchObject({ ok: false, version })
    expect(found.ok ? '' : found.detail).toMatch(
      new RegExp(
        `^${copyFile}: .*${detail}.*; it is only a copy: remove the file while no central`,
      ),
    )
  })

  test('that central uses cannot be checked', () => {
    makeCopy()
    const copy = new LocalCopy(copyFile, TOPIC)
    let refusal: unknown
    try {
      verify('kafka')
    } catch (err) {
      refusal = err
    }
    copy.close()
    expect(refusal).toEqual(coded('MERIDIAN_LOG_UNAVAILABLE', 'another central uses this log'))
  })

  test('of newer software, or another database, is not taken for damaged', () => {
    makeCopy('PRAGMA user_version = 2')
    expect(verify('kafka')).toEqual({
      ok: false,
      version: 1,
      detail: `${copyFile}: it was written by a newer version of Meridian: its user_version is 2, this one reads up to 1`,
    })
    alter(copyFile, ['PRAGMA application_id = 1'])
    expect(verify('kafka')).toEqual({
      ok: false,
      version: 1,
      detail: `${copyFile}: it is not a copy of a topic of Meridian: an SQLite database with the application_id 0x00000001, 0x4d4c4f4b is wanted`,
    })
  })
})

test('where files of both drivers are, each is checked as what it is', async () => {
  expect(findLogFiles(folder)).toEqual([])
  const hash = makeCopy()
  expect(findLogFiles(folder)).toEqual(['kafka'])
  const log = await openSqliteLog(join(folder, logFiles.sqlite))
  await log.append(0, [changeOf('before Kafka')])
  const before = { ok: true, version: 1, hash: log.hashAt(1), events: 1 }
  await log.close()
  expect(findLogFiles(folder)).toEqual(['sqlite', 'kafka'])
  expect([verify('sqlite'), verify('kafka')]).toEqual([
    before,
    { ok: true, version: RECORDS, hash, events: RECORDS * 2 },
  ])
})
