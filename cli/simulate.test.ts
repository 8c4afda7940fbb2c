import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { distanceKm } from '../shared/geo/distance.ts'
import { callCli, createFolder, startFakeCentral } from './cli.fixture.ts'
import type { FakeCentral } from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)
const servers: FakeCentral[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const clusters = [
  { id: 'sfo', latitude: 37.6, longitude: -122.4, country: 'US', addresses: ['192.0.2.1'] },
  { id: 'lhr', latitude: 51.5, longitude: -0.5, country: 'GB', addresses: ['192.0.2.2'] },
  { id: 'nrt', latitude: 35.8, longitude: 140.4, country: 'JP', addresses: ['192.0.2.3'] },
]
const app = {
  name: 'video.example.',
  policy: 'nearest',
  ttl: { min: 5, max: 30 },
  endpoints: [{ cluster: 'sfo' }, { cluster: 'lhr' }],
}
const networks = [
  { id: 'tokyo', prefixes: ['192.0.2.0/24'], cluster: 'nrt' },
  { id: 'london', prefixes: ['198.51.100.0/24'], latitude: 51, longitude: 0, country: 'GB' },
]

/** A central with one app on two of three clusters, no edge; `lists` has what is different. */
async function start(
  lists: Readonly<Record<string, readonly object[]>> = {},
): Promise<FakeCentral> {
  const items = (of: string, otherwise: readonly object[] = []) => ({
    body: { items: lists[of] ?? otherwise },
  })
  const page = 'limit=1000'
  const server = await startFakeCentral({
    [`GET /v1/clusters?${page}`]: items('clusters', clusters),
    [`GET /v1/zones?${page}`]: items('zones', [
      { apex: 'example.', ns: ['ns.example.'], serial: 1 },
    ]),
    [`GET /v1/networks?${page}`]: items('networks', networks),
    [`GET /v1/maintenance?${page}`]: items('maintenance'),
    [`GET /v1/forced?${page}`]: items('forced'),
    [`GET /v1/loads?${page}`]: items('loads'),
    [`GET /v1/edges?${page}`]: items('edges'),
    [`GET /v1/latencies?${page}`]: items('latencies'),
    'GET /v1/machines?limit=1': items('machines'),
    'GET /v1/apps?limit=1000': items('apps', [app]),
    'GET /v1/apps/video.example.': { body: { ...app, version: 3 } },
  })
  servers.push(server)
  return server
}

function write(name: string, text: string): string {
  const file = join(folder.path, name)
  writeFileSync(file, text)
  return file
}

const toLondon = write(
  'london.yaml',
  'apps: [{ name: video.example, endpoints: [{ cluster: lhr }] }]',
)
const byClient = write('client.yaml', 'policy: nearest-client\napps: [video.example]')

const reportSchema = z.object({
  population: z.looseObject({ kind: z.string() }),
  edges: z.object({ kind: z.string(), count: z.number() }),
  apps: z.array(
    z.looseObject({
      name: z.string(),
      asked: z.number(),
      moved: z.number(),
      nowUnansweredPercent: z.number(),
      clusters: z.array(
        z.looseObject({ cluster: z.string(), nowPercent: z.number(), thenPercent: z.number() }),
      ),
    }),
  ),
})

async function simulated(central: FakeCentral, ...args: readonly string[]) {
  const ran = await callCli(['simulate', '--url', central.url, '--output', 'json', ...args])
  expect([ran.code, ran.err]).toEqual([0, expect.not.stringContaining('error')])
  return { ...reportSchema.parse(JSON.parse(ran.out)), err: ran.err }
}

/** `cluster now then`, in percent. */
const sharesOf = (report: Awaited<ReturnType<typeof simulated>>) =>
  report.apps.flatMap(({ clusters }) =>
    clusters.map((row) => `${row.cluster} ${row.nowPercent} ${row.thenPercent}`),
  )

const kmText = (km: number | undefined): string => km?.toFixed(0) ?? '-'

describe('meridian simulate', () => {
  it('asks by made-up clients, the same each time, and only reads', async () => {
    const central = await start()
    const args = ['-f', toLondon, '--clients', '300']
    const first = await simulated(central, ...args)
    expect(first.edges).toEqual({ kind: 'clusters', count: 3 })
    expect(first.population).toEqual({ kind: 'generated', clients: 300, seed: 1 })
    const [video] = first.apps
    const sfo = video?.clusters.find(({ cluster }) => cluster === 'sfo')
    expect(sharesOf(first)[0]).toMatch(/^lhr [\d.]+ 100$/)
    expect(video?.moved).toBe(Math.round((sfo?.nowPercent ?? 0) * 3))
    expect(video?.moved).toBeGreaterThan(100)
    expect(await simulated(central, ...args)).toEqual(first)
    expect((await simulated(central, ...args, '--seed', '2')).apps).not.toEqual(first.apps)
    expect(central.seen.filter(({ line }) => !line.startsWith('GET '))).toEqual([])
  })

  it('prints a table for people', async () => {
    const log = write('one.log', '192.0.2.9 lhr video.example A\n192.0.2.9 sfo video.example A\n')
    const central = await start({ edges: clusters.map(({ id }) => ({ id, cluster: id })) })
    const args = ['-f', toLondon, '--queries', log, '--url', central.url]
    const { code, out } = await callCli(['simulate', ...args])
    expect(code).toBe(0)
    const [sfo, lhr, nrt] = clusters
    if (sfo === undefined || lhr === undefined || nrt === undefined) throw new TypeError()
    const [toSfo, toLhr] = [distanceKm(nrt, sfo), distanceKm(nrt, lhr)]
    const rows = [
      ['lhr      50.0 %  100.0 %  +50.0', toLhr, toLhr],
      ['sfo      50.0 %    0.0 %  -50.0', toSfo, undefined],
      ['total   100.0 %  100.0 %    0.0', (toSfo + toLhr) / 2, toLhr],
    ] as const
    expect(out.split('\n')).toEqual([
      '2 queries of a log of 2 lines, asking 3 connected edges; nothing was changed',
      '',
      'video.example. nearest: 1 of 2 queries move (50.0 %)',
      'CLUSTER      NOW     THEN  SHIFT  KM NOW  KM THEN',
      ...rows.map(
        ([text, now, later]) =>
          `${text.slice(0, 7)} ${text.slice(7)}  ${kmText(now).padStart(6)}  ${kmText(later).padStart(7)}`,
      ),
      '',
    ])
  })

  it('takes the places of clients of a log from networks, and their nearest edges', async () => {
    const central = await start()
    const log = write(
      'places.log',
      [
        '192.0.2.9 video.example A',
        '{"client":"198.51.100.0/24","edge":"sfo","qname":"video.example.","qtype":"AAAA"}',
        '198.51.100.7 sfo video.example. A',
        '198.51.100.7 nowhere video.example. A',
      ].join('\n'),
    )
    const report = await simulated(central, '-f', byClient, '--queries', log)
    expect(report.population).toMatchObject({ lines: 4, queries: 4, bad: 0, otherEdges: 1 })
    // By the edge: Tokyo to sfo, sfo to sfo, London to lhr; by the client London goes home. No AAAA.
    expect(sharesOf(report)).toEqual(['lhr 25 50', 'sfo 50 25'])
    expect(report.apps[0]).toMatchObject({ asked: 4, moved: 1, nowUnansweredPercent: 25 })
    expect(report.err).toBe('1 queries were to edges that are not known\n')
  })

  it('goes by networks that are proposed too', async () => {
    const central = await start()
    const log = write('move.log', '198.51.100.7 sfo video.example. A\n')
    const file = write(
      'networks.yaml',
      'networks: [{ id: london, prefixes: [198.51.100.0/24], cluster: sfo }]\n' +
        'apps: [{ name: video.example, policy: nearest-client }]',
    )
    const now = { ...app, policy: 'nearest-client' }
    const moved = await start({ apps: [now] })
    expect(sharesOf(await simulated(central, '-f', file, '--queries', log))).toEqual([
      'sfo 100 100',
    ])
    const all = write(
      'zone.yaml',
      'networks: [{ id: london, prefixes: [198.51.100.0/24], cluster: sfo }]',
    )
    expect(sharesOf(await simulated(moved, '-f', all, '--queries', log))).toEqual([
      'sfo 0 100',
      'lhr 100 0',
    ])
  })

  it('tells what of a log was left out, the first bad line by its number', async () => {
    const central = await start()
    const lines = [
      '# who asks what',
      '192.0.2.9 video.example A',
      'nobody video.example A',
      '192.0.2.9 other.example A',
      '192.0.2.9 video.example MX',
      '203.0.113.9 video.example A',
      'x',
    ]
    const log = write('bad.log', lines.join('\n'))
    const report = await simulated(central, '-f', byClient, '--queries', log)
    expect(report.err.split('\n')).toEqual([
      '2 bad lines were left out; the first is line 3: it has the client "nobody", an address or a prefix is wanted',
      '1 queries were for names that are not looked at',
      '1 queries were for types that no app is steered for',
      '1 queries were left out: without a known edge, from clients in no network',
      '',
    ])
    expect(report.population).toMatchObject({ lines: 7, queries: 1, firstBad: { line: 3 } })
  })

  it('heeds what is forced, drained and maintained, now and then', async () => {
    const central = await start({
      forced: [{ app: app.name, cluster: 'lhr', state: 'down' }],
      edges: [{ id: 'lhr-1', cluster: 'lhr' }],
    })
    const log = write('lhr.log', '192.0.2.9 lhr-1 video.example A\n')
    const weighted = write('weighted.yaml', 'policy: weighted')
    const args = ['-f', weighted, '--queries', log]
    expect(sharesOf(await simulated(central, ...args))).toEqual(['sfo 100 100'])
    const drained = await start({
      clusters: clusters.map((cluster) =>
        cluster.id === 'sfo' ? { ...cluster, maintenance: [{ state: 'disabled' }] } : cluster,
      ),
      edges: [{ id: 'sfo-1', cluster: 'sfo' }],
    })
    const sfo = write('sfo.log', '192.0.2.9 sfo-1 video.example A\n')
    expect(sharesOf(await simulated(drained, '-f', weighted, '--queries', sfo))).toEqual([
      'lhr 100 100',
    ])
  })

  it('goes by round trips that edges have measured', async () => {
    const central = await start({
      edges: [{ id: 'lhr-1', cluster: 'nrt' }],
      latencies: [
        { edge: 'lhr-1', cluster: 'sfo', roundTripMs: 90 },
        { edge: 'lhr-1', cluster: 'lhr', roundTripMs: 20 },
      ],
    })
    const file = write('latency.yaml', 'policy: latency\napps: [video.example]')
    expect(sharesOf(await simulated(central, '-f', file, '--clients', '10'))).toEqual([
      'lhr 0 100',
      'sfo 100 0',
    ])
  })

  it('takes an app that is to come, and says what its endpoints lack', async () => {
    const central = await start()
    const file = write(
      'new.yaml',
      'apps: [{ name: new.example, endpoints: [{ cluster: lhr }, { cluster: moon }] }]',
    )
    const report = await simulated(central, '-f', file, '--clients', '10')
    expect(report.err).toBe(
      'new.example. has an endpoint on moon, which is no cluster: it is left out\n',
    )
    expect(sharesOf(report)).toEqual(['lhr 0 100'])
    expect(report.apps[0]).toMatchObject({ moved: 10, nowUnansweredPercent: 100 })
  })
})

describe('meridian simulate ends with', () => {
  it.each([
    [2, ['-f', join(folder.path, 'none.yaml')], 'none.yaml'],
    [2, ['-f', write('wrong.yaml', 'apps: [{ name: a..b }]')], 'apps[0].name'],
    [2, ['-f', byClient, '--queries', join(folder.path, 'none.log')], '--queries'],
    [2, ['-f', byClient, '--queries', folder.path], 'is a folder, a file is wanted'],
    [2, ['-f', '-', '--queries', '-'], 'both are -'],
    [2, ['-f', byClient, '--clients', '0'], '--clients'],
    [2, ['-f', byClient, '--clients', '1000001'], '--clients'],
    [2, ['-f', byClient, '--seed', '1.5'], '--seed'],
    [2, ['-f', byClient, '--app', 'a..b'], '"a..b" has an empty label'],
    [1, ['-f', byClient, '--app', 'nothing.example'], 'nothing.example. is not registered'],
    [1, ['-f', byClient, '--edges', 'connected'], 'no edge is connected'],
    [1, ['-f', byClient, '--queries', write('empty.log', '# nobody\n')], 'has no query'],
  ])('%i for %j', async (code, args, message) => {
    const central = await start()
    const ran = await callCli(['simulate', '--url', central.url, ...args])
    expect([ran.code, ran.out]).toEqual([code, ''])
    expect(ran.err).toContain(message)
  })

  it('1 when central is out of reach', async () => {
    const central = await start()
    await servers.splice(0)[0]?.close()
    const ran = await callCli(['simulate', '-f', byClient, '--url', central.url])
    expect(ran.code).toBe(1)
    expect(ran.err).toContain('cannot reach central')
  })
})
