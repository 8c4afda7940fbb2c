import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeOf, coded } from './event-log.contract.ts'
import { openSqliteLog } from './sqlite-log.ts'

const FIXTURE = fileURLToPath(new URL('append.fixture.ts', import.meta.url))

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-log-'))
  file = join(folder, 'log.db')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

type Child = ChildProcessByStdio<null, Readable, null>

/** Starts a process that appends without end; the lines it prints are the versions that it was told are durable. */
function startAppending(): Child {
  return spawn(process.execPath, [FIXTURE, file], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Reads the lines of a process until it ends, and calls `onLine` with how many there were. */
async function readLines(child: Child, onLine: (count: number) => void): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    onLine(lines.length)
  }
  return lines
}

describe('a process that is killed', () => {
  test('every append that was answered is there, and the chain holds', async () => {
    let head = 0
    for (const killAfter of [1, 60, 700]) {
      const child = startAppending()
      const lines = await readLines(child, (count) => {
        if (count === killAfter) child.kill('SIGKILL')
      })
      const answered = head + lines.length
      expect(lines.at(-1)).toBe(`${answered} ok`)
      const log = await openSqliteLog(file)
      // One more may be durable, whose answer the process did not live to give.
      expect([answered, answered + 1]).toContain(log.head)
      expect(Array.from(log.read(0), (record) => record.version)).toHaveLength(log.head)
      head = log.head
      await log.close()
    }
  })

  test('its log is locked while it lives, and free at once when it is dead', async () => {
    const child = startAppending()
    const refused: unknown[] = []
    const opened: Promise<unknown>[] = []
    await readLines(child, (count) => {
      if (count !== 1) return
      const attempt = openSqliteLog(file)
        .catch((err: unknown) => refused.push(err))
        .finally(() => child.kill('SIGKILL'))
      opened.push(attempt)
    })
    await Promise.all(opened)
    expect(refused).toEqual([
      coded('MERIDIAN_LOG_UNAVAILABLE', `${file}: another central uses this log`),
    ])
    const log = await openSqliteLog(file)
    await log.append(log.head, [changeOf('after')])
    await log.close()
  })
})

describe('a WAL that a crash has left', () => {
  const APPENDS = 20

  /** Makes a log and copies what is on disk before it is closed, as a loss of power would leave it. */
  async function makeCrashed(): Promise<{ readonly file: string; readonly wal: Buffer }> {
    const log = await openSqliteLog(file)
    for (let i = 0; i < APPENDS; i++) await log.append(i, [changeOf(`n${i}`, 5)])
    const copy = join(folder, 'crashed.db')
    copyFileSync(file, copy)
    const wal = readFileSync(`${file}-wal`)
    await log.close()
    return { file: copy, wal }
  }

  test('holds everything that was answered', async () => {
    const crashed = await makeCrashed()
    writeFileSync(`${crashed.file}-wal`, crashed.wal)
    const log = await openSqliteLog(crashed.file)
    expect(log.head).toBe(APPENDS)
    await log.close()
  })

  test.for([1, 100, 5000])('followed by %i bytes of garbage is no damage', async (length) => {
    const crashed = await makeCrashed()
    writeFileSync(
      `${crashed.file}-wal`,
      Buffer.concat([crashed.wal, Buffer.alloc(length, 'garbage')]),
    )
    const log = await openSqliteLog(crashed.file)
    expect(log.head).toBe(APPENDS)
    await log.append(APPENDS, [changeOf('on it goes')])
    await log.close()
    const again = await openSqliteLog(crashed.file)
    expect(again.head).toBe(APPENDS + 1)
    await again.close()
  })

  test('cut at any place gives the records before the cut, whole', async () => {
    const crashed = await makeCrashed()
    const pristine = readFileSync(crashed.file)
    let last = 0
    for (let cut = 0; cut <= crashed.wal.length; cut += 3001) {
      writeFileSync(crashed.file, pristine)
      writeFileSync(`${crashed.file}-wal`, crashed.wal.subarray(0, cut))
      const log = await openSqliteLog(crashed.file)
      expect(Array.from(log.read(0), (record) => record.actor)).toEqual(
        Array.from({ length: log.head }, (_, i) => `n${i}`),
      )
      expect(log.head).toBeGreaterThanOrEqual(last)
      last = log.head
      await log.close()
    }
    expect(last).toBeGreaterThanOrEqual(APPENDS - 1)
  })

  test('is not written back when the log is refused: both files keep their bytes', async () => {
    const old = await openSqliteLog(file)
    await old.append(
      0,
      Array.from({ length: 100 }, (_, i) => changeOf(`old ${i + 1}`)),
    )
    await old.close()
    const log = await openSqliteLog(file)
    await log.append(100, [changeOf('in the WAL only')])
    // A page that the WAL does not replace.
    const bytes = readFileSync(file, 'latin1').replaceAll('"old 3"', '"Old 3"')
    const db = Buffer.from(bytes, 'latin1')
    const wal = readFileSync(`${file}-wal`)
    await log.close()
    writeFileSync(file, db)
    writeFileSync(`${file}-wal`, wal)
    await expect(openSqliteLog(file)).rejects.toEqual(
      coded('MERIDIAN_LOG_DAMAGED', 'damaged at version 3: the hash stored is'),
    )
    expect(readFileSync(file).equals(db)).toBe(true)
    expect(readFileSync(`${file}-wal`).equals(wal)).toBe(true)
    expect(wal.includes('in the WAL only')).toBe(true)
  })
})

describe('a disk that takes no more', () => {
  test('all appends of the transaction fail, the head stays, and later ones work again', async () => {
    // A limit on the size of files does what a full disk does, without a disk of its own.
    const limited = ['-c', 'ulimit -f 2000 && exec "$0" "$@"', process.execPath, FIXTURE, file]
    const child = spawn('sh', [...limited, '100', '100+5000000+100', '100', '5000000', '100+100'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = await readLines(child, () => undefined)
    const failed = (head: number): string => `${head} MERIDIAN_LOG_UNAVAILABLE`
    expect(lines).toEqual([
      '1 ok',
      failed(1),
      failed(1),
      failed(1),
      '2 ok',
      failed(2),
      '4 ok',
      '4 ok',
    ])
    const log = await openSqliteLog(file)
    expect(Array.from(log.read(0), (record) => record.version)).toEqual([1, 2, 3, 4])
    await log.close()
  })
})
