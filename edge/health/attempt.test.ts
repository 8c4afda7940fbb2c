import { describe, expect, it } from 'vitest'
import type { Attempt } from './attempt.ts'
import { runAttempt } from './attempt.ts'
import type { ProbeResult } from './probe.ts'

/** An attempt that `work` begins, with a count of how often it was released. */
function begin(
  work: (attempt: Attempt) => void,
  signal = new AbortController().signal,
): { readonly result: Promise<ProbeResult>; readonly released: () => number } {
  let released = 0
  const result = runAttempt(signal, 500, (attempt) => {
    work(attempt)
    return () => released++
  })
  return { result, released: () => released }
}

const fault = (): never => {
  throw new TypeError('a fault')
}

describe('an attempt is released once', () => {
  it.each([
    { when: 'at once', work: (attempt: Attempt) => attempt.settle({ ok: true }) },
    {
      when: 'later',
      work: (attempt: Attempt) => void setImmediate(() => attempt.settle({ ok: true })),
    },
    {
      when: 'twice',
      work: (attempt: Attempt) => {
        attempt.settle({ ok: true })
        attempt.fail(new Error('too late'))
      },
    },
  ])('when it is settled $when', async ({ work }) => {
    const { result, released } = begin(work)
    expect(await result).toEqual({ ok: true })
    expect(released()).toBe(1)
  })

  it('when the signal aborts, with what it waited for', async () => {
    const controller = new AbortController()
    const { result, released } = begin((attempt) => attempt.waitFor('reply'), controller.signal)
    controller.abort()
    expect(await result).toEqual({ ok: false, detail: 'no reply within 500 ms' })
    expect(released()).toBe(1)
  })
})

it('is never begun when the signal has aborted before', async () => {
  const { result, released } = begin(fault, AbortSignal.abort())
  expect(await result).toEqual({ ok: false, detail: 'no connection within 500 ms' })
  expect(released()).toBe(0)
})

it.each([
  { where: 'at the beginning', work: fault },
  { where: 'in a listener', work: (attempt: Attempt) => attempt.guard(fault) },
])('a fault $where is not held against the target', async ({ work }) => {
  expect(await begin(work).result).toEqual({ ok: 'unknown', detail: 'a fault' })
})
