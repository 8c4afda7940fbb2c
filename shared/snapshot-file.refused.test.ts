import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SnapshotHeader } from './snapshot-file.ts'
import { JsonText, readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts'

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

/** What a read that finds a bad file equals. */
function badWith(reason: string, text: string): unknown {
  const detail: unknown = expect.stringContaining(text)
  return { ok: false, reason, detail }
}

describe('who reads may refuse', () => {
  test('a header: then no value is given', async () => {
    await writeSnapshotFile(file, { ...WANTED, of: 'another log' }, [1, 2])
    const begin = (header: SnapshotHeader): string => `it is of ${String(header['of'])}`
    expect(await readSnapshotFile(file, { ...WANTED, begin })).toEqual(
      badWith('foreign', 'it is of another log'),
    )
  })

  test('a value: then no more are given', async () => {
    await writeSnapshotFile(file, WANTED, [1, 'two', 3])
    const taken: unknown[] = []
    const take = (value: unknown): string | undefined => {
      taken.push(value)
      return typeof value === 'number' ? undefined : `${String(value)} is no number`
    }
    expect(await readSnapshotFile(file, { ...WANTED, begin: () => take })).toEqual(
      badWith('foreign', 'two is no number'),
    )
    expect(taken).toEqual([1, 'two'])
  })

  test('and is told of damage rather than of what it makes of it', async () => {
    await writeSnapshotFile(file, WANTED, ['fine'])
    writeFileSync(file, readFileSync(file, 'utf8').replace('fine', 'fire'))
    const begin = () => (value: unknown) => (value === 'fine' ? undefined : 'refused')
    expect(await readSnapshotFile(file, { ...WANTED, begin })).toEqual(badWith('damaged', file))
  })
})

test('text that is JSON already is written as it is', async () => {
  await writeSnapshotFile(file, WANTED, [new JsonText('["a",1]'), ['b', 2]])
  const values: unknown[] = []
  const begin = () => (value: unknown) => void values.push(value)
  expect(await readSnapshotFile(file, { ...WANTED, begin })).toEqual({ ok: true })
  expect(values).toEqual([
    ['a', 1],
    ['b', 2],
  ])
})
