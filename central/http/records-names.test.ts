import { describe, expect, test } from 'vitest'
import { startWithZones } from './records.fixture.ts'
import { problemIn } from './server.fixture.ts'

describe('names', () => {
  test.each(Array.from({ length: 16 }, (_, i) => 16 * i))(
    'with the octets from %i on go through paths',
    async (from) => {
      const { call, registry } = await startWithZones()
      for (let octet = from; octet < from + 16; octet++) {
        const name = `x\\${String(octet).padStart(3, '0')}y.example.`
        const at = `/v1/zones/example/rrsets/${encodeURIComponent(name)}/A`
        const put = await call('PUT', at, { body: { ttl: 60, rdata: ['192.0.2.1'] } })
        // A dot in a label is no end of it; letters of both cases are one name (RFC 4343).
        expect([name, put.status]).toEqual([name, 201])
        expect(await call('GET', at)).toMatchObject({ status: 200, body: put.body })
        expect(await call('DELETE', at)).toMatchObject({ status: 204 })
      }
      expect(registry.state.records.size).toBe(0)
    },
  )

  test('with plain signs that paths give another meaning go through them', async () => {
    const { call } = await startWithZones()
    for (const label of ['a/b', 'a%2Fb', 'a?b', 'a#b', 'a%b', 'a+b', 'a&b', "a'b", 'a:b', '*']) {
      const at = `/v1/zones/example/rrsets/${encodeURIComponent(`${label}.example`)}/A`
      const put = await call('PUT', at, { body: { ttl: 60, rdata: ['192.0.2.1'] } })
      expect(put).toMatchObject({ status: 201, body: { name: `${label.toLowerCase()}.example.` } })
      expect(await call('GET', at)).toMatchObject({ status: 200, body: put.body })
    }
  })

  const label = (octets: number): string => 'a'.repeat(octets)
  // RFC 1035 §2.3.4: labels have 63 octets or less, names 255 octets or less.
  const longest = `${label(63)}.${label(63)}.${label(63)}.${label(53)}`
  test.each([
    ['a label of 63 octets', label(63), 201, ''],
    ['a label of 64 octets', label(64), 422, 'has a label of more than 63 octets'],
    ['a name of 255 octets', longest, 201, ''],
    ['a name of 256 octets', `${longest}a`, 422, 'is 256 octets long in wire form, at most 255'],
  ])('%s', async (_what, owner, status, detail) => {
    const { call } = await startWithZones()
    const at = `/v1/zones/example/rrsets/${owner}.example/A`
    const answer = await call('PUT', at, { body: { ttl: 2 ** 31 - 1, rdata: ['192.0.2.1'] } })
    expect(answer.status).toBe(status)
    expect(status === 201 ? '' : problemIn(answer).detail).toContain(detail)
  })
})
