import { expect, it } from 'vitest'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import { addressAt, hostAt, RECORDS } from './million.ts'

it.each([0, 255, 256, 65_535, 65_536, RECORDS - 1])('record %i is a good one', (number) => {
  const rrset = { name: hostAt(number), type: 'A', ttl: 300, rdata: [addressAt(number)] }
  expect(rrsetSchema.parse(rrset)).toEqual(rrset)
})

it('no two records are the same', () => {
  const some = Array.from({ length: 70_000 }, (_, i) => addressAt(i))
  expect(new Set(some).size).toBe(some.length)
  expect(hostAt(RECORDS - 1)).toHaveLength(hostAt(0).length)
})
