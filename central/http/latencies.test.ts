import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { TestServer } from './server.fixture.ts'
import { connectEdge, problemIn, smallMesh, startServer } from './server.fixture.ts'

const pageSchema = z.strictObject({
  items: z.array(
    z.strictObject({ edge: z.string(), cluster: z.string(), roundTripMs: z.number() }),
  ),
  next: z.string().optional(),
})

/** An edge that is connected and has told round trips in µs; returns how its stream ends. */
function tell(
  { edges, latencies }: TestServer,
  id: string,
  microseconds: Readonly<Record<string, number>>,
): () => void {
  const session = latencies.open(connectEdge(edges, id).session)
  session.report(
    Object.entries(microseconds).map(([cluster, microseconds]) => ({ cluster, microseconds })),
  )
  return () => session.close()
}

async function startWith(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

async function list(server: TestServer, query = '') {
  const { status, body } = await server.call('GET', `/v1/latencies${query}`, { anonymous: true })
  expect(status).toBe(200)
  const { items, next } = pageSchema.parse(body)
  return {
    next,
    lines: items.map(({ edge, cluster, roundTripMs }) => `${edge} ${cluster} ${roundTripMs}`),
  }
}

describe('GET /v1/latencies', () => {
  test('shows round trips in ms, by edge and cluster, with the version of the state', async () => {
    const server = await startWith()
    tell(server, 'sfo-1', { sfo: 52, lhr: 131_072 })
    tell(server, 'lhr-1', { sfo: 133_000, lhr: 70 })
    expect(await list(server)).toEqual({
      lines: ['lhr-1 lhr 0.07', 'lhr-1 sfo 133', 'sfo-1 lhr 131.072', 'sfo-1 sfo 0.052'],
      next: undefined,
    })
    const { headers } = await server.call('GET', '/v1/latencies')
    expect(headers.get('meridian-version')).toBe('1')
  })

  test('is empty where no edge has told anything', async () => {
    const server = await startWith()
    connectEdge(server.edges, 'sfo-1')
    expect(await list(server)).toEqual({ lines: [], next: undefined })
  })

  test.each([
    ['?edge=lhr-1', ['lhr-1 lhr 0.07', 'lhr-1 sfo 133']],
    ['?cluster=sfo', ['lhr-1 sfo 133', 'sfo-1 sfo 0.052']],
    ['?edge=sfo-1&cluster=lhr', ['sfo-1 lhr 131.072']],
    ['?edge=nobody', []],
    ['?cluster=nowhere', []],
  ])('takes %s', async (query, lines) => {
    const server = await startWith()
    tell(server, 'sfo-1', { sfo: 52, lhr: 131_072 })
    tell(server, 'lhr-1', { sfo: 133_000, lhr: 70 })
    expect((await list(server, query)).lines).toEqual(lines)
  })

  test('has pages, whose sum is the whole, also with a filter', async () => {
    const server = await startWith()
    for (const id of ['a', 'b', 'c']) tell(server, id, { sfo: 1_000, lhr: 2_000 })
    for (const query of ['', '&cluster=lhr', '&edge=b', '&cluster=sfo&edge=c']) {
      const whole = (await list(server, `?limit=1000${query}`)).lines
      for (const limit of [1, 2, 3]) {
        const lines: string[] = []
        let after = ''
        for (;;) {
          const page = await list(server, `?limit=${limit}${query}${after}`)
          lines.push(...page.lines)
          if (page.next === undefined) break
          expect(page.lines.length).toBe(limit)
          after = `&after=${page.next}`
        }
        expect(lines).toEqual(whole)
      }
    }
  })

  test('leaves out edges that are gone, streams that are over, and deleted clusters', async () => {
    const server = await startWith()
    tell(server, 'gone', { sfo: 1_000 })
    const end = tell(server, 'silent', { sfo: 1_000 })
    const gone = server.edges.find('gone')
    if (gone !== undefined) server.edges.remove(gone)
    end()
    expect(
      await server.call('PUT', '/v1/clusters/fra', { body: { latitude: 50, longitude: 8 } }),
    ).toMatchObject({ status: 201 })
    tell(server, 'here', { sfo: 1_000, fra: 2_000 })
    await server.call('DELETE', '/v1/clusters/fra')
    expect((await list(server)).lines).toEqual(['here sfo 1'])
  })

  test.each([
    ['edge=No%20Id', 'edge'],
    ['cluster=-', 'cluster'],
    ['limit=0', 'limit'],
    ['after=%21', 'after'],
    ['app=video.example', ''],
  ])('refuses ?%s', async (query, pointer) => {
    const server = await startWith()
    const answer = await server.call('GET', `/v1/latencies?${query}`)
    expect(answer.status).toBe(422)
    const [error] = problemIn(answer).errors ?? []
    expect(JSON.stringify(error)).toContain(pointer)
  })
})
