import { describe, expect, it } from 'vitest'
import { nearestOf } from './nearest.ts'

describe('nearestOf', () => {
  it.each([
    ['lisen', 'listen'],
    ['lsiten', 'listen'],
    ['Listen', 'listen'],
    ['max_clients', 'maxClients'],
    ['maxclient', 'maxClients'],
    ['zone', 'zones'],
    ['tt', 'ttl'],
    ['xyz', undefined],
    ['', undefined],
    ['l'.repeat(101), undefined],
  ])('takes %j for %j', (word, expected) => {
    expect(nearestOf(word, ['listen', 'maxClients', 'zones', 'ttl'])).toBe(expected)
  })

  it('takes the nearest of several', () => {
    expect(nearestOf('addresse', ['address', 'addresses', 'addressed'])).toBe('address')
    expect(nearestOf('adresses', ['address', 'addresses'])).toBe('addresses')
  })
})
