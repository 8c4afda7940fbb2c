import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startWithZones } from './records.fixture.ts'
import type { TestServer } from './server.fixture.ts'

describe('a list', () => {
  async function startWithRecords(): Promise<TestServer> {
    const server = await startWithZones()
    const a = (name: string) => ({ name, type: 'A', ttl: 60, rdata: ['192.0.2.1'] })
    const txt = (name: string) => ({ name, type: 'TXT', ttl: 60, rdata: ['x'] })
    const records = [a('b.example'), txt('b.example'), a('a.example'), a('x.sub.example')]
    await server.call('POST', '/v1/changes', { body: { records: [...records, txt('example')] } })
    return server
  }
  const pageSchema = z.object({
    items: z.array(z.looseObject({ name: z.string(), type: z.string() })),
    next: z.string().optional(),
  })
  const keysOf = (body: unknown): readonly string[] =>
    pageSchema.parse(body).items.map(({ name, type }) => `${name} ${type}`)

  test('has the rrsets of the zone by name and type, and not those of others', async () => {
    const { call } = await startWithRecords()
    const all = await call('GET', '/v1/zones/example/rrsets')
    expect(keysOf(all.body)).toEqual([
      'a.example. A',
      'b.example. A',
      'b.example. TXT',
      'example. TXT',
    ])
  })

  test('has pages that end anywhere, between types of one name too', async () => {
    const { call } = await startWithRecords()
    const seen: string[] = []
    let next = ''
    for (let page = 0; page < 10; page++) {
      const query = `limit=1${next === '' ? '' : `&after=${next}`}`
      const { body } = await call('GET', `/v1/zones/example/rrsets?${query}`)
      seen.push(...keysOf(body))
      next = pageSchema.parse(body).next ?? ''
      if (next === '') break
    }
    expect(seen).toEqual(['a.example. A', 'b.example. A', 'b.example. TXT', 'example. TXT'])
  })

  test.each([
    ['name=b.example', ['b.example. A', 'b.example. TXT']],
    ['name=@', ['example. TXT']],
    ['type=txt', ['b.example. TXT', 'example. TXT']],
    ['name=b.example&type=A', ['b.example. A']],
    ['name=x.sub.example', []],
  ])('?%s', async (query, keys) => {
    const { call } = await startWithRecords()
    const { body } = await call('GET', `/v1/zones/example/rrsets?${query}`)
    expect(keysOf(body)).toEqual(keys)
  })
})
