import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Io } from './call.ts'
import { withProgress } from './progress.ts'

let err = ''
function io(isErrTty: boolean): Io {
  err = ''
  return {
    out: () => undefined,
    err: (text) => void (err += text),
    stdin: (async function* () {})(),
    isErrTty,
    cwd: '/',
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Work that takes so long. */
function workOf(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('done'), ms))
}

describe('withProgress', () => {
  it('counts the seconds in one line that is gone at the end', async () => {
    const waiting = withProgress(io(true), 'applying', workOf(2500))
    await vi.advanceTimersByTimeAsync(2500)
    expect(await waiting).toBe('done')
    expect(err).toBe('\rapplying … 1 s\rapplying … 2 s\r\u001B[2K')
  })

  it.each([
    ['what takes less than a second', true, 900],
    ['when nobody looks at stderr', false, 2500],
  ])('says nothing of %s', async (_, isErrTty, ms) => {
    const waiting = withProgress(io(isErrTty), 'applying', workOf(ms))
    await vi.advanceTimersByTimeAsync(ms)
    expect(await waiting).toBe('done')
    expect(err).toBe('')
  })

  it('takes its line away when the work fails', async () => {
    const failing = workOf(1500).then(() => Promise.reject(new Error('refused')))
    const outcome = withProgress(io(true), 'applying', failing).catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(1500)
    expect(await outcome).toEqual(new Error('refused'))
    expect(err).toMatch(/2K$/)
  })
})
