import { expect, it } from 'vitest'
import {
  parseCpuMs,
  parseGroup,
  parseMemory,
  readGroupUsage,
  readMainThreadCpuMs,
  readUsage,
} from './usage.ts'

const tail = 'S 1 77 77 0 -1 4194304 901 0 12 0 251 49 3 1 20 0 11 0 8800 900 12000'

it.each([
  ['a plain name', `77 (node) ${tail}`],
  ['a name with a space', `77 (a thread) ${tail}`],
  ['a name that looks like the end', `77 (x) S 1 2) ${tail}`],
])('user and system time are added up, with %s', (_what, stat) => {
  expect(parseCpuMs(`${stat}\n`)).toBe(3000)
  expect(parseGroup(`${stat}\n`)).toBe(77)
})

it.each(['', '77 (node) S 1 2', `77 node ${tail}`])('refuses a stat of %j', (stat) => {
  expect(() => parseCpuMs(stat)).toThrow('/proc/PID/stat')
})

it('RSS and its peak are given in bytes', () => {
  const status =
    'Name:\tnode\nVmPeak:\t  999 kB\nVmHWM:\t  200 kB\nVmRSS:\t  100 kB\nThreads:\t11\n'
  expect(parseMemory(status)).toEqual({ rssBytes: 102_400, rssPeakBytes: 204_800 })
})

it('refuses a status without RSS, which a zombie has', () => {
  expect(() => parseMemory('Name:\tnode\nState:\tZ (zombie)\n')).toThrow('VmRSS')
})

it('this process has used CPU and memory', () => {
  const usage = readUsage(process.pid)
  expect(usage.cpuMs).toBeGreaterThan(0)
  expect(usage.rssPeakBytes).toBeGreaterThanOrEqual(usage.rssBytes)
})

it('the main thread of a process has used a part of its CPU time', () => {
  // In this order: both only grow.
  const main = readMainThreadCpuMs(process.pid)
  expect(main).toBeGreaterThan(0)
  expect(main).toBeLessThanOrEqual(readUsage(process.pid).cpuMs)
})

it('a group without processes has no usage', () => {
  expect(() => readGroupUsage(-5)).toThrow('the group -5')
})
