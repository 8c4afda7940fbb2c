import { existsSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { BenchFolder } from '../mesh/folder.ts'
import { timeFlushes } from './disk.ts'

it('times flushes in ascending order and leaves no file', () => {
  const folder = new BenchFolder()
  onTestFinished(() => folder.remove())
  const times = timeFlushes(folder)
  expect(times.length).toBeGreaterThan(0)
  expect(times[0]).toBeGreaterThan(0)
  expect(times).toEqual(times.toSorted())
  expect(existsSync(folder.path('flushes'))).toBe(false)
})
