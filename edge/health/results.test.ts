import { expect, it } from 'vitest'
import { badBecause, goodWith, resultOfError } from './results.ts'

const errorOf = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code })

it.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EOTHER'])(
  '%s is held against the target',
  (code) => {
    expect(resultOfError(errorOf(code)).ok).toBe(false)
  },
)

it.each([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EACCES',
  'EPERM',
])('%s is a fault of this edge', (code) => {
  expect(resultOfError(errorOf(code)).ok).toBe('unknown')
})

it('a detail is one line of at most 200 characters', () => {
  expect(badBecause(' a\r\n\tb\u0000c ')).toEqual({ ok: false, detail: 'a b c' })
  expect(badBecause('x'.repeat(1_000))).toEqual({ ok: false, detail: 'x'.repeat(200) })
  // The first half of the emoji would be what is left of it.
  expect(badBecause(`${'x'.repeat(199)}\u{1f600}`)).toEqual({ ok: false, detail: 'x'.repeat(199) })
  expect(goodWith('ends\nsoon')).toEqual({ ok: true, degraded: 'ends soon' })
  expect(goodWith(undefined)).toEqual({ ok: true })
})
