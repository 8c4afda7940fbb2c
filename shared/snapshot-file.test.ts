import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, asyncProperty, integer, jsonValue, nat } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from './clock.ts'
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts'

const WANTED = { kind: 'test-state', formatVersion: 3 }

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-snapshot-'))
  file = join(folder, 'state.ndjson')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Reads a file with all its values. */
async function read(path: string): Promise<unknown> {
  const values: unknown[] = []
  let header: unknown
  const result = await readSnapshotFile(path, {
    ...WANTED,
    begin: (found) => {
      header = found
      return (value) => void values.push(value)
    },
  })
  return result.ok ? { ...result, header, values } : result
}

/** What a read that finds a bad file equals. */
function badWith(reason: string, text: string): unknown {
  const detail: unknown = expect.stringContaining(text)
  return { ok: false, reason, detail }
}

describe('what is written is read back', () => {
  test('the header with its facts, and the values in their order', async () => {
    const header = { ...WANTED, logId: '00ff', version: 17, nested: { list: [1, null, 'zürich'] } }
    const values = [{ a: 1 }, [], 'text\nof two lines', 0, null, true, '🗼 \u2028 \0']
    await writeSnapshotFile(file, header, values)
    expect(await read(file)).toEqual({ ok: true, header, values })
  })

  test('a state without values', async () => {
    await writeSnapshotFile(file, WANTED, [])
    expect(await read(file)).toEqual({ ok: true, header: WANTED, values: [] })
  })

  test('any JSON', async () => {
    await assert(
      asyncProperty(array(jsonValue()), async (values) => {
        await writeSnapshotFile(file, WANTED, values)
        const written: unknown = JSON.parse(JSON.stringify(values))
        expect(await read(file)).toEqual({
          ok: true,
          header: WANTED,
          values: written,
        })
      }),
      { numRuns: 50 },
    )
  })

  test('lines and characters that lie across the chunks of a read', async () => {
    const long = 'ü東🗼'.repeat(400_000)
    const values = ['a', long, 'b', ...Array.from({ length: 30_000 }, (_, i) => `${i} 東京`), long]
    await writeSnapshotFile(file, WANTED, values)
    expect(await read(file)).toEqual({ ok: true, header: WANTED, values })
  })

  test('into a folder that was not there', async () => {
    const deep = join(folder, 'a', 'b', 'state.ndjson')
    await writeSnapshotFile(deep, WANTED, [1])
    expect(await read(deep)).toMatchObject({ ok: true, values: [1] })
  })
})

describe('what is not what was written is damaged', () => {
  /** Writes a small file and returns its bytes. */
  async function write(): Promise<Buffer> {
    await writeSnapshotFile(file, { ...WANTED, at: 'zürich' }, [{ a: 1 }, [2, 3], 'fünf', -4.5])
    return readFileSync(file)
  }

  test('cut at any place', async () => {
    const { length } = await write()
    for (let size = length - 1; size >= 0; size--) {
      truncateSync(file, size)
      expect(await read(file), `${size} bytes`).toMatchObject({
        ok: false,
        reason: 'damaged',
      })
    }
  })

  test('any byte replaced by any other', async () => {
    const whole = await write()
    await assert(
      asyncProperty(nat(whole.length - 1), integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (whole[at] ?? 0) ^ mask
        writeFileSync(file, bytes)
        expect(await read(file)).toMatchObject({ reason: 'damaged' })
      }),
      { numRuns: 300 },
    )
  })

  test.for([
    { change: 'a line twice', edit: (text: string) => text.replace('[2,3]\n', '[2,3]\n[2,3]\n') },
    { change: 'a line less', edit: (text: string) => text.replace('[2,3]\n', '') },
    { change: 'two lines swapped', edit: swapLines },
    { change: 'a line after the trailer', edit: (text: string) => `${text}{}\n` },
    { change: 'an empty line after the trailer', edit: (text: string) => `${text}\n` },
    { change: 'the file twice', edit: (text: string) => text + text },
    { change: 'another text file', edit: () => 'clusters:\n  - id: sfo\n' },
    { change: 'JSON that is no header', edit: (text: string) => `[]\n${text}` },
    { change: 'one long line', edit: () => 'x'.repeat(3_000_000) },
    { change: 'newlines only', edit: () => '\n\n\n' },
  ])('$change', async ({ edit }) => {
    const text = (await write()).toString()
    writeFileSync(file, edit(text))
    expect(await read(file)).toEqual(badWith('damaged', file))
  })

  test('the detail says what was found and what the lines give', async () => {
    writeFileSync(file, (await write()).toString().replace('[2,3]', '[2,4]'))
    expect(await read(file)).toEqual(
      badWith('damaged', String.raw`it ends in "{\"count\":4,\"sha256\":\"`),
    )
  })
})

function swapLines(text: string): string {
  const lines = text.split('\n')
  return [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n')
}

describe('what is whole but not wanted, or cannot be read', () => {
  test.for([
    { header: { ...WANTED, kind: 'other-state' }, found: 'it is "other-state" in format 3' },
    { header: { ...WANTED, formatVersion: 4 }, found: 'it is "test-state" in format 4' },
  ])('is foreign: $found', async ({ header, found }) => {
    await writeSnapshotFile(file, header, [1, 2])
    expect(await read(file)).toEqual(
      badWith('foreign', `${file}: ${found}, "test-state" in format 3 is wanted`),
    )
  })

  test('is absent', async () => {
    expect(await read(file)).toEqual(badWith('absent', file))
  })

  test('is unreadable: a folder', async () => {
    mkdirSync(file)
    expect(await read(file)).toEqual(badWith('unreadable', 'it is not a file'))
  })

  test('is unreadable: more bytes than a snapshot has', async () => {
    // A hole: the file system keeps no byte of it.
    writeFileSync(file, '')
    truncateSync(file, 5 * 1024 ** 3)
    expect(await read(file)).toEqual(
      badWith('unreadable', 'it has 5368709120 bytes, at most 4294967296 are read'),
    )
  })
})

describe('a write that fails leaves the old file and nothing else', () => {
  test.for([
    {
      failure: 'a value that is no JSON',
      lines: [1, undefined],
      message: 'value 2 is undefined, a JSON value is wanted',
    },
    {
      failure: 'a line that is too long',
      lines: ['x'.repeat(64 * 1024 * 1024)],
      message: 'value 1 is longer than 67108864 bytes',
    },
    { failure: 'lines that throw', lines: throwing(), message: 'no more lines' },
  ])('$failure', async ({ lines, message }) => {
    await writeSnapshotFile(file, WANTED, ['old'])
    await expect(writeSnapshotFile(file, WANTED, lines)).rejects.toThrow(message)
    expect(readdirSync(folder)).toEqual(['state.ndjson'])
    expect(await read(file)).toMatchObject({ values: ['old'] })
    await writeSnapshotFile(file, WANTED, ['new'])
    expect(await read(file)).toMatchObject({ values: ['new'] })
  })
})

function* throwing(): Iterable<unknown> {
  yield 1
  throw new Error('no more lines')
}

test('what an interrupted write has left is removed by the next one', async () => {
  writeFileSync(`${file}.tmp`, 'half a snap')
  await writeSnapshotFile(file, WANTED, [1])
  expect(readdirSync(folder)).toEqual(['state.ndjson'])
  expect(await read(file)).toMatchObject({ values: [1] })
})

describe('writes to one path at once', () => {
  test('follow each other, and the last one stays; a failed one does not stop the next', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => i)
    const writes = [
      writeSnapshotFile(file, WANTED, [...lines, 'first']),
      writeSnapshotFile(file, WANTED, throwing()),
      writeSnapshotFile(join(folder, '.', 'state.ndjson'), WANTED, [...lines, 'last']),
    ]
    const ends = await Promise.allSettled(writes)
    expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await read(file)).toMatchObject({ values: [...lines, 'last'] })
  })

  test('are refused beyond four, and free again when those are done', async () => {
    const writes = Array.from({ length: 4 }, (_, i) => writeSnapshotFile(file, WANTED, [i]))
    await expect(writeSnapshotFile(file, WANTED, ['one more'])).rejects.toMatchObject({
      code: 'MERIDIAN_SNAPSHOT_INVALID',
      message: `${file}: the snapshot: 4 writes are under way already, at most 4 may be`,
    })
    await Promise.all(writes)
    await writeSnapshotFile(file, WANTED, ['later'])
    expect(await read(file)).toMatchObject({ values: ['later'] })
  })
})

describe('the event loop has its turn while a file is written', () => {
  /** Counts turns of the event loop while `run` lasts, and calls `onTurn` in each. */
  async function withTurns(onTurn: () => void, run: () => Promise<void>): Promise<void> {
    let isOver = false
    const turn = (): void => {
      onTurn()
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    await run()
    isOver = true
  }

  test('before 10 ms have gone by, however slow the lines are', async () => {
    const clock = new ManualClock()
    let turnAt = clock.nowMs()
    let longestMs = 0
    function* slowLines(): Iterable<unknown> {
      for (let i = 0; i < 50; i++) {
        clock.advance(2)
        longestMs = Math.max(longestMs, clock.nowMs() - turnAt)
        yield i
      }
    }
    await withTurns(
      () => (turnAt = clock.nowMs()),
      () => writeSnapshotFile(file, WANTED, slowLines(), { clock }),
    )
    expect(longestMs).toBeGreaterThan(0)
    expect(longestMs).toBeLessThanOrEqual(10)
  })

  test('after each quarter of a megabyte, however fast they are', async () => {
    const clock = new ManualClock()
    const line = 'x'.repeat(1000)
    let sinceTurn = 0
    let most = 0
    function* fastLines(): Iterable<unknown> {
      for (let i = 0; i < 2000; i++) {
        sinceTurn++
        most = Math.max(most, sinceTurn)
        yield line
      }
    }
    await withTurns(
      () => (sinceTurn = 0),
      () => writeSnapshotFile(file, WANTED, fastLines(), { clock }),
    )
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(263)
  })
})
