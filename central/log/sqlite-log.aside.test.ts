import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { changeOf, coded } from './event-log.contract.ts'
import { beginSqliteLog, openSqliteLog } from './sqlite-log.ts'

const RECORDS = 40
/** Every log is long enough to be checked by a thread. */
const aside = { checkedAtOnce: 0 }

let folder = ''
let file = ''
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-log-'))
  file = join(folder, 'log.db')
  const log = await openSqliteLog(file)
  await log.append(
    0,
    Array.from({ length: RECORDS }, (_, i) => changeOf(`number ${i + 1}`)),
  )
  await log.close()
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Changes the closed log by SQL; its bytes are one file afterwards. */
function damage(sql: string): void {
  const db = new DatabaseSync(file, { defensive: false })
  db.exec(sql)
  db.close()
}

test('a log is read before it was checked, and what was appended meanwhile is there after', async () => {
  const log = beginSqliteLog(file, aside)
  const appended = log.append(RECORDS, [changeOf('appended meanwhile')])
  expect(Array.from(log.read(0), ({ actor }) => actor)).toEqual(
    Array.from({ length: RECORDS }, (_, i) => `number ${i + 1}`),
  )
  expect({ head: log.head, transactions: log.transactions }).toEqual({
    head: RECORDS,
    transactions: 0,
  })
  await log.whole
  expect((await appended).map(({ version }) => version)).toEqual([RECORDS + 1])
  const hash = log.hashAt(RECORDS + 1)
  await log.close()

  const again = await openSqliteLog(file)
  expect(again.hashAt(RECORDS + 1)).toBe(hash)
  expect(Array.from(again.read(RECORDS), ({ actor }) => actor)).toEqual(['appended meanwhile'])
  await again.close()
})

test('a close waits for the check, and writes what had waited for it', async () => {
  const log = beginSqliteLog(file, aside)
  const appended = log.append(RECORDS, [changeOf('before the close')])
  await log.close()
  expect((await appended).map(({ version }) => version)).toEqual([RECORDS + 1])
})

test('damage that only the check sees: nothing is written, every append and the opener hear of it', async () => {
  damage("UPDATE changes SET payload = replace(payload, '192', '193') WHERE version = 7")
  const before = readFileSync(file)
  const log = beginSqliteLog(file, aside)
  const damaged = 'damaged at version 7: the hash stored is'
  // What the damage does not touch can be read.
  expect(Array.from(log.read(7), ({ version }) => version)).toHaveLength(RECORDS - 7)
  await expect(log.append(RECORDS, [changeOf('too early')])).rejects.toEqual(
    coded('MERIDIAN_LOG_UNAVAILABLE', damaged),
  )
  await expect(log.whole).rejects.toEqual(coded('MERIDIAN_LOG_DAMAGED', damaged))
  await expect(log.append(RECORDS, [])).rejects.toEqual(
    coded('MERIDIAN_LOG_UNAVAILABLE', 'the log is closed'),
  )
  await log.close()
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('a record that is read is checked, whatever the check has reached by then', () => {
  damage("UPDATE changes SET payload = replace(payload, '192', '193') WHERE version = 7")
  const log = beginSqliteLog(file, aside)
  expect(() => [...log.read(0)]).toThrow('damaged at version 7')
  return expect(log.whole).rejects.toEqual(coded('MERIDIAN_LOG_DAMAGED'))
})

test('a last record that is missing is found at once', () => {
  damage(`DELETE FROM changes WHERE version = ${RECORDS}`)
  expect(() => beginSqliteLog(file, aside)).toThrow(
    `damaged at version ${RECORDS}: the records end at version ${RECORDS - 1}`,
  )
})

test('of two that check at once one gets the log', async () => {
  const logs = [beginSqliteLog(file, aside), beginSqliteLog(file, aside)]
  const found = await Promise.allSettled(logs.map((log) => log.whole))
  expect(found.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(found.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: coded('MERIDIAN_LOG_UNAVAILABLE', 'another central uses this log'),
  })
  for (const log of logs) await log.close()
})
