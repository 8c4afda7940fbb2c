import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { showParts } from './parts.ts'

function told(isErrTty: boolean, parts: number): string {
  let err = ''
  const io = {
    out: () => undefined,
    err: (text: string) => void (err += text),
    stdin: Readable.from([]),
    isErrTty,
    cwd: '.',
  }
  const progress = showParts(io, 30, parts)
  progress.add(10)
  progress.add(20)
  progress.clear()
  return err
}

it('is a bar where a person looks, gone at the end', () => {
  const erase = '\r\u001B[2K'
  const bars = [
    `${erase}[${'.'.repeat(30)}] 0 of 30 rrsets`,
    `${erase}[${'#'.repeat(10)}${'.'.repeat(20)}] 10 of 30 rrsets`,
  ]
  expect(told(true, 2)).toBe(`${bars.join('')}${erase}`)
})

it('is a line for each part elsewhere', () => {
  expect(told(false, 2)).toBe('imported 10 of 30 rrsets\nimported 30 of 30 rrsets\n')
})

it('is nothing for one part', () => {
  expect(told(true, 1) + told(false, 1)).toBe('')
})
