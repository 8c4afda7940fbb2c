import { describe, expect, test } from 'vitest'
import { startWithZones, www } from './records.fixture.ts'
import { problemIn } from './server.fixture.ts'

describe('a name that is not in the zone is refused', () => {
  test.each([
    ['outside of it', 'example/rrsets/www.example.org/A', 'a name under example. is wanted'],
    ['in the zone below', 'example/rrsets/www.sub.example/A', 'it lies in sub.example.'],
    ['in the zone above', 'sub.example/rrsets/www.example/A', 'it lies in example.'],
    // RFC 4035 §2.4: DS records stand above the cut.
    ['of DS records of the apex', 'sub.example/rrsets/@/DS', 'it lies in example.'],
  ])('%s', async (_what, at, detail) => {
    const { call, registry } = await startWithZones()
    const rdata = at.endsWith('DS') ? [`1 13 2 ${'00'.repeat(32)}`] : ['192.0.2.1']
    const put = await call('PUT', `/v1/zones/${at}`, { body: { ttl: 60, rdata } })
    expect([put.status, problemIn(put).code]).toEqual([409, 'out-of-zone'])
    expect(problemIn(put).detail).toContain(detail)
    const got = await call('GET', `/v1/zones/${at}`)
    expect([got.status, problemIn(got).code]).toEqual([404, 'out-of-zone'])
    const deleted = await call('DELETE', `/v1/zones/${at}`)
    expect([deleted.status, problemIn(deleted).code]).toEqual([409, 'out-of-zone'])
    expect(registry.version).toBe(1)
  })

  test('a zone that is not there has no rrsets', async () => {
    const { call } = await startWithZones()
    const at = '/v1/zones/example.org/rrsets'
    expect(await call('GET', at)).toMatchObject({ status: 404 })
    expect(await call('GET', `${at}/www.example.org/A`)).toMatchObject({ status: 404 })
    const put = await call('PUT', `${at}/www.example.org/A`, { body: www })
    expect([put.status, problemIn(put).code]).toEqual([409, 'zone-missing'])
  })
})
