import { expect, it } from 'vitest'
import { BODY_MAX_BYTES } from '../../shared/registry/limits.ts'
import type { Rrset } from '../../shared/registry/rrset-schema.ts'
import { chunksOf, IMPORT_ATOMIC_MAX_RRSETS } from './chunks.ts'

function rrsets(count: number, rdata: readonly string[] = ['192.0.2.1']): Rrset[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `h${i}.example.`,
    type: 'A',
    ttl: 60,
    rdata,
  }))
}
const sizes = (...given: Parameters<typeof chunksOf>): string =>
  chunksOf(...given)
    .map(({ deletes, records }) => `${deletes.length}-${records.length}`)
    .join(' ')

it.each([
  ['nothing is one change set: the zone itself', 0, 0, '0-0'],
  ['what is not too much is one', 3, 4, '3-4'],
  ['a hundred thousand are one', 1, IMPORT_ATOMIC_MAX_RRSETS - 1, '1-99999'],
  [
    'more are several, deletes first',
    25_000,
    80_000,
    '20000-0 5000-15000 0-20000 0-20000 0-20000 0-5000',
  ],
])('%s', (_what, deletes, records, wanted) => {
  expect(sizes(rrsets(deletes), rrsets(records))).toBe(wanted)
})

it('list elements count, not only rrsets', () => {
  const many = Array.from({ length: 90 }, (_, i) => `192.0.2.${i}`)
  const chunks = chunksOf([], rrsets(6_000, many))
  expect(chunks.length).toBe(2)
  expect(chunks.flatMap(({ records }) => records)).toHaveLength(6_000)
})

it('each fits into the body of a request', () => {
  const large = Array.from({ length: 100 }, (_, i) => `"${i} ${'x'.repeat(200)}"`)
  const chunks = chunksOf([], rrsets(4_000, large))
  expect(chunks.length).toBeGreaterThan(1)
  for (const { records } of chunks) {
    expect(JSON.stringify({ records }).length).toBeLessThan(BODY_MAX_BYTES)
  }
})
