import { describe, expect, test } from 'vitest'
import { startWithZones, www } from './records.fixture.ts'

const path = '/v1/zones/example/rrsets/www.example/A'

describe('an rrset', () => {
  test('is created, shown, replaced and deleted', async () => {
    const { call } = await startWithZones()
    const created = await call('PUT', path, { body: www })
    const shown = { name: 'www.example.', type: 'A', ttl: 300, rdata: ['192.0.2.1', '192.0.2.2'] }
    expect(created).toMatchObject({ status: 201, body: { ...shown, version: 2 } })
    expect(created.headers.get('etag')).toBe('"2"')
    expect(await call('GET', path)).toMatchObject({ status: 200, body: created.body })
    // In another order it is the same set (RFC 2181 §5).
    const again = await call('PUT', path, { body: { ...www, rdata: shown.rdata } })
    expect(again).toMatchObject({ status: 200, body: { version: 2 } })
    const replaced = await call('PUT', path, { body: { ...www, ttl: 60, name: 'WWW.example.' } })
    expect(replaced).toMatchObject({ status: 200, body: { ttl: 60, version: 3 } })
    expect(await call('DELETE', path)).toMatchObject({ status: 204 })
    expect(await call('GET', path)).toMatchObject({ status: 404 })
    expect(await call('DELETE', path)).toMatchObject({ status: 404, body: { code: 'not-found' } })
  })

  test('raises the serial of its zone and of no other', async () => {
    const { call } = await startWithZones()
    await call('PUT', path, { body: www })
    const serials = await Promise.all(
      ['example', 'sub.example'].map((apex) => call('GET', `/v1/zones/${apex}`)),
    )
    expect(serials.map(({ body }) => body)).toMatchObject([{ serial: 2 }, { serial: 1 }])
  })

  test('has an entity tag that conditions go by', async () => {
    const { call } = await startWithZones()
    await call('PUT', path, { body: www, headers: { 'if-none-match': '*' } })
    const none = { body: www, headers: { 'if-none-match': '*' } }
    expect(await call('PUT', path, none)).toMatchObject({
      status: 412,
      body: { detail: 'rrset www.example. A is at version 2, it must not exist' },
    })
    expect(await call('DELETE', path, { headers: { 'if-match': '"1"' } })).toMatchObject({
      status: 412,
    })
    expect(await call('GET', path, { headers: { 'if-none-match': '"2"' } })).toMatchObject({
      status: 304,
    })
    expect(await call('DELETE', path, { headers: { 'if-match': '"2"' } })).toMatchObject({
      status: 204,
    })
  })

  test('of the apex is named by @', async () => {
    const { call } = await startWithZones()
    const mx = { body: { ttl: 60, rdata: ['10 mail.example.'] } }
    expect(await call('PUT', '/v1/zones/example/rrsets/@/MX', mx)).toMatchObject({
      status: 201,
      body: { name: 'example.', type: 'MX' },
    })
    expect(await call('GET', '/v1/zones/example/rrsets/example/mx')).toMatchObject({ status: 200 })
  })

  test('wants a token, as every write', async () => {
    const { call } = await startWithZones()
    expect(await call('PUT', path, { body: www, anonymous: true })).toMatchObject({ status: 401 })
    expect(await call('DELETE', path, { anonymous: true })).toMatchObject({ status: 401 })
  })

  test('waits for edges where that is asked for', async () => {
    const { call } = await startWithZones()
    const answer = await call('PUT', `${path}?wait=edges`, { body: www })
    expect(answer).toMatchObject({ status: 201 })
    expect(answer.headers.get('meridian-edges')).toBe('0/0')
  })
})
