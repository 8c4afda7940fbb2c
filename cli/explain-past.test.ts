import { afterEach, describe, expect, it } from 'vitest'
import { callCli, startFakeCentral } from './cli.fixture.ts'
import type { FakeCentral, FakeReply } from './cli.fixture.ts'

const servers: FakeCentral[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const sinceEpoch = 1_700_000_000_000
const atEpoch = 1_700_000_300_000
const endpoint = { addresses: ['192.0.2.1'], weight: 100, priority: 0, state: 'active' }
const history = {
  version: 42,
  atEpoch,
  app: {
    name: 'video.example.',
    policy: 'nearest',
    ttl: { min: 5, max: 30 },
    enoughUpPercent: 0,
    failClosed: false,
    trustMs: 20_000,
    version: 40,
    endpoints: [
      {
        ...endpoint,
        cluster: 'lhr',
        health: 'down',
        sinceEpoch,
        reports: [
          { edge: 'ewr', state: 'down', detail: 'connection refused' },
          { edge: 'sfo', state: 'down', detail: 'no answer' },
          { edge: 'nrt', state: 'up', detail: '' },
        ],
      },
      { ...endpoint, cluster: 'sfo', health: 'up', sinceEpoch, reports: [] },
      {
        ...endpoint,
        cluster: 'nrt',
        health: 'down',
        reports: [],
        forced: {
          state: 'down',
          sinceEpoch,
          untilEpoch: atEpoch,
          reason: 'new disks',
          actor: 'ops',
        },
      },
    ],
  },
  zone: { apex: 'example.', negativeTtl: 30 },
  clusters: [
    { id: 'sfo', latitude: 37.6, longitude: -122.4, addresses: [], state: 'active' },
    { id: 'lhr', latitude: 51.5, longitude: -0.5, addresses: [], state: 'active' },
    { id: 'nrt', latitude: 35.8, longitude: 140.4, addresses: [], state: 'active' },
  ],
  network: { id: 'tokyo', prefixes: ['192.0.2.0/24'], cluster: 'nrt', version: 1 },
}

async function start(
  body: object = history,
  edges: readonly object[] = [{ id: 'lhr-1', cluster: 'lhr' }],
  query = 'at=42',
  more: Readonly<Record<string, FakeReply>> = {},
): Promise<string> {
  const server = await startFakeCentral({
    [`GET /v1/history/video.example.?${query}`]: { body },
    'GET /v1/edges?limit=1000': { body: { items: edges } },
    ...more,
  })
  servers.push(server)
  return server.url
}

const explain = (url: string, ...args: readonly string[]) =>
  callCli(['explain', 'video.example', '--url', url, '--at', ...args])

describe('meridian explain --at', () => {
  it('shows each step as it was, with since when and by whose reports an endpoint was down', async () => {
    const { code, out, err } = await explain(await start(), '42', '--edge', 'lhr-1')
    expect([code, err]).toEqual([0, ''])
    const lines = out.split('\n')
    expect(lines).toContain('edge     lhr-1 in lhr')
    expect(lines).toContain('version  42, as of 2023-11-14T22:18:20.000Z')
    expect(lines).toContain(
      '  dropped  lhr: the endpoint is down since 2023-11-14T22:13:20.000Z, as ewr, sfo report',
    )
    expect(lines).toContain('  dropped  nrt: the endpoint is down, forced by ops: new disks')
    expect(out).toContain('video.example. 20 IN A 192.0.2.1')
    expect(out.slice(out.indexOf('health, as'))).toBe(
      [
        'health, as central knows it:',
        '  lhr down since 2023-11-14T22:13:20.000Z',
        '    ewr reports down: connection refused',
        '    sfo reports down: no answer',
        '    nrt reports up',
        '  sfo up since 2023-11-14T22:13:20.000Z',
        '  nrt down',
        '    forced down until 2023-11-14T22:18:20.000Z by ops: new disks',
        '',
      ].join('\n'),
    )
  })

  it('takes all edges of now whose clusters were there, in short', async () => {
    const edges = [
      { id: 'lhr-1', cluster: 'lhr' },
      { id: 'new-1', cluster: 'new' },
      { id: 'sfo-1', cluster: 'sfo' },
    ]
    const { code, out } = await explain(await start(history, edges), '42')
    expect(code).toBe(0)
    expect(out).toContain('version 42, as of 2023-11-14T22:18:20.000Z\n')
    expect(out).toMatch(/^lhr-1 in lhr: sfo, 86\d\d km$/m)
    expect(out).toMatch(/^sfo-1 in sfo: sfo, 0\.0 km$/m)
    expect(out).not.toContain('new-1')
  })

  it('takes a cluster of then for an edge that is not connected any more', async () => {
    const { code, out } = await explain(await start(history, []), '42', '--edge', 'sfo')
    expect(code).toBe(0)
    expect(out).toContain('edge     sfo in sfo')
  })

  it('sends a time and a client as they are wanted, and shows where the client was', async () => {
    const query = 'at=2023-11-14T22%3A18%3A20Z&client=192.0.2.0%2F24'
    const url = await start(history, [], query)
    const args = ['2023-11-14T22:18:20Z', '--client', '192.0.2.0/24', '--edge', 'sfo']
    const { code, out } = await explain(url, ...args, '--output', 'json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      client: { prefix: '192.0.2.0/24', place: { network: 'tokyo', latitude: 35.8 } },
      asOfEpoch: atEpoch,
      answer: { cluster: 'sfo' },
      health: [{ cluster: 'lhr', reports: [{ edge: 'ewr' }, {}, {}] }, {}, {}],
    })
  })

  it.each([
    ['a version', '42', 16],
    ['a time after it', '2023-11-14T22:18:31Z', 8],
  ])('shows the TTL by what was foreseen at %s', async (_what, at, ttl) => {
    const [sfo, ...others] = history.clusters
    const body = {
      ...history,
      app: { ...history.app, changesAtEpoch: atEpoch + 20_500 },
      clusters: [{ ...sfo, changesAtEpoch: atEpoch + 60_000 }, ...others],
    }
    const url = await start(body, [], new URLSearchParams({ at }).toString())
    const { code, out } = await explain(url, at, '--edge', 'lhr')
    expect(code).toBe(0)
    expect(out).toContain(`ttl ${ttl} (a change of an endpoint is foreseen)`)
    const ofCluster = {
      ...body,
      app: history.app,
      clusters: [{ ...sfo, changesAtEpoch: atEpoch + 9_000 }, ...others],
    }
    const other = await explain(await start(ofCluster), '42', '--edge', 'lhr')
    expect(other.out).toContain('ttl 8 (a change of a cluster is foreseen)')
  })

  it('says that round trips are not remembered', async () => {
    const app = { ...history.app, policy: 'latency' }
    const { code, err } = await explain(await start({ ...history, app }), '42')
    expect([code, err]).toEqual([0, 'round trips of then are not known: by distance\n'])
  })

  it.each([
    [2, ['42', '--edge', 'http://127.0.0.1:9301'], '--edge: with --at it is an id'],
    [2, ['42', '--client', '192.0.2.1/24'], 'has host bits, 192.0.2.0/24 is meant'],
    [2, ['42', '--type', 'NONSENSE'], '--type: NONSENSE is not known'],
    [1, ['42', '--edge', 'moon'], 'moon is neither an edge that is connected now nor a cluster'],
    [1, ['7'], 'history begins with version 8'],
  ])('%i for %j', async (code, args, message) => {
    const detail = 'history begins with version 8 of then'
    const more = { 'GET /v1/history/video.example.?at=7': { status: 404, body: { detail } } }
    const ran = await explain(await start(history, [], 'at=42', more), ...args)
    expect([ran.code, ran.out]).toEqual([code, ''])
    expect(ran.err).toContain(message)
  })

  it.each([
    [{ ...history, zone: undefined }, 'video.example. lay in no zone of the mesh then'],
    [{ ...history, clusters: [] }, 'no edge is connected whose cluster was there then'],
  ])('1 where nobody would have answered', async (body, message) => {
    const ran = await explain(await start(body), '42')
    expect([ran.code, ran.out]).toEqual([1, ''])
    expect(ran.err).toContain(message)
  })
})
