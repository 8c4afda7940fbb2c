import { expect, it } from 'vitest'
import { checkValue } from '../../shared/config/check.ts'
import { rangesBytesIn } from './location-layout.ts'
import { clientsOptionsSchema } from './options.ts'

it('by default nobody is trusted, there is no file, and a large one has room', () => {
  const checked = checkValue(clientsOptionsSchema, {}, 'clients')
  expect(checked).toMatchObject({ ok: true, value: { ecs: { trusted: [] } } })
  const { maxBytes } = clientsOptionsSchema.parse({})
  const registered = 20 * 200_001
  expect(rangesBytesIn(maxBytes)).toBeGreaterThanOrEqual(
    4_000_000 * 8 + 1_500_000 * 20 + registered,
  )
})

it('prefixes become canonical', () => {
  const { ecs } = clientsOptionsSchema.parse({ ecs: { trusted: ['2001:DB8:0::/32'] } })
  expect(ecs.trusted).toEqual(['2001:db8::/32'])
})

it.each([
  [{ ecs: { trusted: ['192.0.2.1/24'] } }, /has host bits, 192\.0\.2\.0\/24 is meant/],
  [{ ecs: { trusted: ['192.0.2.0/24', '192.0.2.0/24'] } }, /holds a prefix twice/],
  [
    { ecs: { trusted: Array.from({ length: 1001 }, (_, i) => `10.0.${i >> 8}.${i & 255}/32`) } },
    /1000/,
  ],
  [{ mmdb: { asnPath: 'asn.mmdb' } }, /path/],
  [{ mmdb: { path: '' } }, /path/],
  [{ maxBytes: 1 }, /16777216/],
  [{ trusted: [] }, /trusted/],
])('%j is refused', (value, mistake) => {
  const checked = checkValue(clientsOptionsSchema, value, 'clients')
  expect(checked.ok).toBe(false)
  expect(JSON.stringify(checked.ok ? [] : checked.mistakes)).toMatch(mistake)
})
