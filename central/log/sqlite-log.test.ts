import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeOf, coded, describeEventLog } from './event-log.contract.ts'
import { openSqliteLog, WAITING_APPENDS_MAX, WAITING_MAX_BYTES } from './sqlite-log.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-log-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

let opened = 0
describeEventLog('sqlite', async () => {
  const file = join(folder, `made-${opened++}`, 'log.db')
  const log = await openSqliteLog(file)
  return { log, reopen: () => openSqliteLog(file), cleanup: () => log.close() }
})

describe('group commit', () => {
  test('appends of one turn of the event loop share one transaction, those of two do not', async () => {
    const log = await openSqliteLog(join(folder, 'log.db'))
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append(i, [changeOf('a')])))
    expect(log.transactions).toBe(1)
    await log.append(100, [changeOf('b')])
    await log.append(101, [changeOf('c')])
    expect(log.transactions).toBe(3)
    await log.close()
  })

  test('a turn in which every append conflicts needs no transaction', async () => {
    const log = await openSqliteLog(join(folder, 'log.db'))
    await expect(log.append(7, [changeOf('a')])).rejects.toEqual(coded('MERIDIAN_LOG_CONFLICT'))
    expect({ done: log.transactions, failed: log.failedTransactions }).toEqual({
      done: 0,
      failed: 0,
    })
    await log.close()
  })
})

describe('what may wait is bounded', () => {
  test('an append beyond the count is refused and counted, those before it are written', async () => {
    const log = await openSqliteLog(join(folder, 'log.db'))
    const appends = Array.from({ length: WAITING_APPENDS_MAX }, () => log.append(0, []))
    await expect(log.append(0, [])).rejects.toEqual(
      coded('MERIDIAN_LOG_UNAVAILABLE', `does not fit beside ${WAITING_APPENDS_MAX} that wait`),
    )
    expect(log.refusedAppends).toBe(1)
    expect(await Promise.all(appends)).toHaveLength(WAITING_APPENDS_MAX)
    expect(await log.append(0, [])).toEqual([])
    await log.close()
  })

  test('an append beyond the size is refused and counted', async () => {
    const log = await openSqliteLog(join(folder, 'log.db'))
    // Three bytes each: a third of the characters to write as JSON.
    const huge = '東'.repeat(WAITING_MAX_BYTES / 3)
    await expect(log.append(0, [changeOf(huge)])).rejects.toEqual(
      coded('MERIDIAN_LOG_UNAVAILABLE', `and ${WAITING_MAX_BYTES} bytes`),
    )
    expect({ refused: log.refusedAppends, head: log.head }).toEqual({ refused: 1, head: 0 })
    await log.close()
  })
})

describe('the file', () => {
  test('belongs to one log at a time, under whatever name it is opened', async () => {
    const file = join(folder, 'log.db')
    const log = await openSqliteLog(file)
    symlinkSync(file, join(folder, 'other-name.db'))
    for (const name of ['log.db', 'other-name.db']) {
      await expect(openSqliteLog(join(folder, name))).rejects.toEqual(
        coded('MERIDIAN_LOG_UNAVAILABLE', `${file}: another central uses this log`),
      )
    }
    await log.append(0, [changeOf('still works')])
    await log.close()
    const again = await openSqliteLog(join(folder, 'other-name.db'))
    expect(again.head).toBe(1)
    await again.close()
  })

  test('is one file after a close, with nothing left beside it', async () => {
    const file = join(folder, 'log.db')
    for (let i = 0; i < 2; i++) {
      const log = await openSqliteLog(file)
      await log.append(i, [changeOf('a')])
      await log.close()
      expect(readdirSync(folder)).toEqual(['log.db'])
    }
  })

  test('that two open at once when there is none is made once, and one gets it', async () => {
    const file = join(folder, 'log.db')
    const answers = await Promise.allSettled([openSqliteLog(file), openSqliteLog(file)])
    const logs = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(logs).toHaveLength(1)
    for (const log of logs) await log.close()
    expect(readdirSync(folder)).toEqual(['log.db'])
  })
})
