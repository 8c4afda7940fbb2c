import { describe, expect, test } from 'vitest'
import { startWithZones, www } from './records.fixture.ts'
import { problemIn } from './server.fixture.ts'

describe('what is wrong is named', () => {
  const at = '/v1/zones/example/rrsets/www.example'
  test.each<[string, string, object, object]>([
    [
      'rdata, with its index and column',
      'MX',
      { ttl: 60, rdata: ['10 mail.example.', '10 mail'] },
      {
        in: 'body',
        path: '/rdata/1',
        value: '10 mail',
        detail: expect.stringContaining('column 4: "mail" is relative') as unknown,
      },
    ],
    [
      'a TTL of 2^31',
      'A',
      { ttl: 2 ** 31, rdata: ['192.0.2.1'] },
      { in: 'body', path: '/ttl', value: 2_147_483_648 },
    ],
    ['no records', 'A', { ttl: 60, rdata: [] }, { in: 'body', path: '/rdata' }],
    [
      'a record that is there twice',
      'A',
      { ttl: 60, rdata: ['192.0.2.1', '192.0.2.1'] },
      { path: '/rdata/1', detail: 'is there twice' },
    ],
    [
      'another name than that of the path',
      'A',
      { ...www, name: 'web.example' },
      { path: '/name', detail: 'is not www.example., which the path names' },
    ],
    ['an unknown key', 'A', { ...www, ttl: 1, priority: 1 }, { path: '/priority' }],
    ['a type of questions', 'ANY', www, { in: 'path', path: '/type' }],
    [
      'SOA, which is of the zone',
      'SOA',
      www,
      { in: 'path', detail: 'is SOA, which is a field of the zone: put the zone' },
    ],
    ['no type', 'NOPE', www, { in: 'path', detail: 'is not a type such as MX or TYPE65280' }],
  ])('%s', async (_what, type, body, error) => {
    const { call } = await startWithZones()
    const answer = await call('PUT', `${at}/${type}`, { body })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors).toEqual([expect.objectContaining(error)])
  })

  test('a body that is too large', async () => {
    const { call } = await startWithZones()
    const text = JSON.stringify({ ttl: 60, rdata: ['x'.repeat(1024 * 1024)] })
    expect(await call('PUT', `${at}/TXT`, { text })).toMatchObject({ status: 413 })
  })

  test('records that fit in no answer', async () => {
    const { call } = await startWithZones()
    const rdata = Array.from({ length: 300 }, (_, i) => `"${i} ${'x'.repeat(240)}"`)
    const answer = await call('PUT', `${at}/TXT`, { body: { ttl: 60, rdata } })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).detail).toContain('octets of records, at most 60000 fit')
  })
})
