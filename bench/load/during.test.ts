import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { during } from './during.ts'

it('the work hears of the end of the run, and both results are given', async () => {
  const seen: boolean[] = []
  const { promise, resolve } = Promise.withResolvers<string>()
  const { result, found } = await during(
    () => promise,
    async (isOver) => {
      seen.push(isOver())
      resolve('run')
      while (!isOver()) await turn()
      return 'work'
    },
  )
  expect(seen).toEqual([false])
  expect([result, found]).toEqual(['run', 'work'])
})

it('work that fails ends the run', async () => {
  const signals: AbortSignal[] = []
  const begin = (signal: AbortSignal): Promise<string> => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  await expect(during(begin, fail)).rejects.toThrow('dnsperf')
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
})

const fail = (): Promise<string> => Promise.reject(new Error('dnsperf'))
const succeed = (): Promise<string> => Promise.resolve('')

it.each([
  ['run', fail, succeed],
  ['work', succeed, fail],
])('what goes wrong in the %s is thrown', async (_what, run, work) => {
  await expect(during(run, work)).rejects.toThrow('dnsperf')
})
