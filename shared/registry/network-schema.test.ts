import { describe, expect, it } from 'vitest'
import { NETWORK_PREFIXES_MAX } from './limits.ts'
import { networkSchema } from './network-schema.ts'
import { manifestSchema } from './schema.ts'

const office = { id: 'office', prefixes: ['192.0.2.0/24'], cluster: 'sfo' }
const { cluster: _, ...placeless } = office
const place = { latitude: 51.5, longitude: -0.1 }

function many(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `2001:db8::${i.toString(16)}/128`)
}

describe('a network', () => {
  it.each<[string, object, object]>([
    ['at a cluster', office, office],
    ['at a place', { ...placeless, ...place }, { ...placeless, ...place }],
    ['where the equator meets Greenwich', { ...placeless, latitude: 0, longitude: 0 }, {}],
    [
      'with all that can be said of it',
      { ...office, country: 'US', region: 'US-CA', continent: 'NA', asn: 4_294_967_295 },
      { country: 'US', region: 'US-CA', continent: 'NA', asn: 4_294_967_295 },
    ],
    [
      'with prefixes in other forms of text',
      { ...office, prefixes: ['2001:DB8:0:0::/32', '198.51.100.0/24'] },
      { prefixes: ['2001:db8::/32', '198.51.100.0/24'] },
    ],
    ['with everything in it', { ...office, prefixes: ['0.0.0.0/0', '::/0'] }, {}],
    ['with as many prefixes as can be', { ...office, prefixes: many(NETWORK_PREFIXES_MAX) }, {}],
  ])('%s is good', (_what, given, wanted) => {
    expect(networkSchema.parse(given)).toMatchObject(wanted)
  })

  it.each<[string, object, readonly PropertyKey[], RegExp]>([
    ['no place', placeless, [], /^has no place: cluster, or latitude and longitude, is wanted$/],
    ['two places', { ...office, ...place }, ['cluster'], /beside coordinates/],
    ['a cluster and a latitude', { ...office, latitude: 1 }, ['cluster'], /beside coordinates/],
    ['half a place', { ...placeless, latitude: 1 }, ['longitude'], /latitude alone is no place/],
    ['the other half', { ...placeless, longitude: 1 }, ['latitude'], /longitude alone is no place/],
    ['a place off the globe', { ...placeless, ...place, latitude: 91 }, ['latitude'], /<=90/],
    ['a bad id', { ...office, id: 'Office' }, ['id'], /is not an id/],
    ['a bad cluster', { ...office, cluster: '-' }, ['cluster'], /is not an id/],
    ['no prefixes', { ...office, prefixes: [] }, ['prefixes'], />=1/],
    ['too many', { ...office, prefixes: many(NETWORK_PREFIXES_MAX + 1) }, ['prefixes'], /<=1000/],
    [
      'a prefix with host bits',
      { ...office, prefixes: ['192.0.2.0/24', '198.51.100.7/24'] },
      ['prefixes', 1],
      /^has host bits, 198\.51\.100\.0\/24 is meant$/,
    ],
    [
      'an address for a prefix',
      { ...office, prefixes: ['192.0.2.1'] },
      ['prefixes', 0],
      /192\.0\.2\.1\/32 is that one address/,
    ],
    [
      'IPv4 within IPv6',
      { ...office, prefixes: ['::ffff:192.0.2.0/120'] },
      ['prefixes', 0],
      /192\.0\.2\.0\/24 is meant/,
    ],
    [
      'a prefix twice, written in two ways',
      { ...office, prefixes: ['2001:db8::/32', '2001:DB8:0::/32'] },
      ['prefixes'],
      /holds a prefix twice/,
    ],
    ['a bad country', { ...office, country: 'usa' }, ['country'], /ISO 3166-1/],
    ['an empty region', { ...office, region: '' }, ['region'], />=1/],
    ['a continent that is none', { ...office, continent: 'EUR' }, ['continent'], /EU/],
    ['AS number 0', { ...office, asn: 0 }, ['asn'], />=1/],
    ['an AS number of 33 bits', { ...office, asn: 2 ** 32 }, ['asn'], /4294967295/],
    ['a key that is unknown', { ...office, owner: 'x' }, [], /owner/],
  ])('%s is refused', (_what, given, path, message) => {
    const checked = networkSchema.safeParse(given)
    expect(checked.error?.issues).toHaveLength(1)
    expect(checked.error?.issues[0]?.path).toEqual(path)
    expect(checked.error?.issues[0]?.message).toMatch(message)
  })
})

describe('networks of a manifest', () => {
  const lab = { id: 'lab', prefixes: ['198.51.100.0/24'], cluster: 'sfo' }

  it('may lie within one another', () => {
    const floor = { ...lab, prefixes: ['192.0.2.0/25', '192.0.2.0/23'] }
    expect(manifestSchema.parse({ networks: [office, floor] }).networks).toHaveLength(2)
  })

  it.each<[string, object, readonly PropertyKey[], string]>([
    [
      'an id twice',
      { ...lab, id: 'office' },
      ['networks', 1, 'id'],
      'is already the id of networks[0]',
    ],
    [
      'a prefix twice',
      { ...lab, prefixes: ['203.0.113.0/24', '192.0.2.0/24'] },
      ['networks', 1, 'prefixes', 1],
      'is a prefix of networks[0] already',
    ],
  ])('cannot have %s', (_what, other, path, message) => {
    const checked = manifestSchema.safeParse({ networks: [office, other] })
    expect(checked.error?.issues).toMatchObject([{ path, message }])
  })
})
