import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { callCli, createFolder, runCli, startFakeCentral, type FakeCentral } from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)
const servers: FakeCentral[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function start(script: Parameters<typeof startFakeCentral>[0]): Promise<FakeCentral> {
  const server = await startFakeCentral(script)
  servers.push(server)
  return server
}

const explanation = {
  name: 'video.example.',
  type: 'A',
  edge: 'lhr-1',
  cluster: 'lhr',
  zone: 'example.',
  source: 'app',
  version: 42,
  endpoints: [
    {
      cluster: 'ewr',
      distanceKm: 5565.4,
      addresses: ['192.0.2.1'],
      weight: 100,
      priority: 0,
      state: 'active',
      health: 'up',
    },
    {
      cluster: 'sfo',
      distanceKm: null,
      addresses: [],
      weight: 100,
      priority: 0,
      state: 'disabled',
    },
  ],
  steps: [
    { filter: 'state', kept: ['ewr'], dropped: [{ cluster: 'sfo', reason: 'is disabled' }] },
    { filter: 'nearest', kept: ['ewr'], dropped: [] },
  ],
  answer: {
    rcode: 'NOERROR',
    ttl: 30,
    ttlReason: 'the most that the app allows',
    cluster: 'ewr',
    distanceKm: 5565.4,
    records: ['video.example. 30 IN A 192.0.2.1'],
  },
  stale: false,
}

const query = 'GET /v1/explain?name=video.example.&type=A'

describe('meridian explain --edge', () => {
  it('finds the edge by central and shows each step', async () => {
    const edge = await start({ [query]: { body: explanation } })
    const body = { id: 'lhr-1', adminUrl: edge.url }
    const { url } = await start({ 'GET /v1/edges/lhr-1': { body } })
    const env = { MERIDIAN_TOKEN: 'not-for-edges' }
    const ran = await runCli(['explain', 'Video.example', '--edge', 'lhr-1', '--url', url], { env })
    expect(ran.out).toBe(
      [
        'name     video.example. A',
        'edge     lhr-1 in lhr',
        'zone     example.',
        'source   app: an app of the mesh',
        'version  42',
        '',
        'ENDPOINT  DISTANCE  STATE     HEALTH  PRIORITY  WEIGHT  ADDRESSES',
        'ewr        5565 km  active    up             0     100  192.0.2.1',
        'sfo              -  disabled  -              0     100  -',
        '',
        'step 1: state',
        '  kept     ewr',
        '  dropped  sfo: is disabled',
        '',
        'step 2: nearest',
        '  kept     ewr',
        '',
        'answer: NOERROR, ttl 30 (the most that the app allows)',
        '  cluster ewr, 5565 km',
        '  video.example. 30 IN A 192.0.2.1',
        '',
      ].join('\n'),
    )
    expect(edge.seen[0]?.headers.authorization).toBeUndefined()
  })

  it('asks a URL without central, with the client and type that were given', async () => {
    const line = 'GET /v1/explain?name=video.example.&type=AAAA&client=192.0.2.0%2F24'
    const edge = await start({ [line]: { status: 422, body: { detail: 'client is not used' } } })
    const args = ['--edge', edge.url, '--type', 'aaaa', '--client', '192.0.2.0/24']
    const ran = await runCli(['explain', 'video.example', ...args])
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(/422 Unprocessable Entity: client is not used\n$/)
  })

  it.each([
    [['--client', '192.0.2.1'], '--client: "192.0.2.1" is not a prefix such as 192.0.2.0/24'],
    [['--type', 'A B'], '--type: "A B" is not a record type such as A or AAAA'],
    [['--edge', 'LHR'], '"LHR" is not an id: 1 to 63 of a-z, 0-9 and -, no - at the ends'],
    [
      ['--edge', 'ftp://a.test'],
      '--edge: "ftp://a.test" is not a URL such as http://127.0.0.1:8053',
    ],
  ])('refuses %j', async (args, message) => {
    const ran = await callCli(['explain', 'video.example', ...args])
    expect(ran).toEqual({ code: 2, out: '', err: `error: ${message}\n` })
  })
})

describe('meridian explain', () => {
  it('asks every edge, and fails when one does not answer', async () => {
    const nodata = {
      ...explanation,
      edge: 'sfo-1',
      cluster: 'sfo',
      source: 'nxdomain',
      endpoints: [],
      steps: [],
      answer: { rcode: 'NXDOMAIN', ttl: 30, ttlReason: 'SOA', records: [] },
      stale: true,
    }
    const one = await start({ [query]: { body: explanation } })
    const two = await start({ [query]: { body: nodata } })
    const three = await start({})
    const items = [one, two, three].map(({ url }, i) => ({ id: `edge-${i}`, adminUrl: url }))
    const { url } = await start({ 'GET /v1/edges?limit=1000': { body: { items } } })
    const ran = await runCli(['explain', 'video.example', '--url', url])
    expect(ran.out).toBe(
      [
        'lhr-1 in lhr: ewr, 5565 km',
        '  video.example. 30 IN A 192.0.2.1',
        '',
        'sfo-1 in sfo: nxdomain, stale',
        '  NXDOMAIN',
        '',
      ].join('\n'),
    )
    expect(ran.err).toMatch(/^error: edge-2: GET http:\S+\/v1\/explain: 404 Not Found: /)
    expect(ran.code).toBe(1)
  })

  it('fails when there is no edge to ask', async () => {
    const { url } = await start({ 'GET /v1/edges?limit=1000': { body: { items: [] } } })
    const err = 'error: no edge is connected that could be asked\n'
    expect(await callCli(['explain', 'video.example', '--url', url])).toEqual({
      code: 1,
      out: '',
      err,
    })
  })

  it('takes the edges of meridian dev when central does not answer', async () => {
    const edge = await start({ [query]: { body: explanation } })
    const gone = await startFakeCentral({})
    await gone.close()
    mkdirSync(join(folder.path, '.meridian'))
    const edges = [{ id: 'lhr', adminUrl: edge.url, dns: '127.0.0.1:5303' }]
    const state = JSON.stringify({ url: gone.url, token: 'dev', edges })
    writeFileSync(join(folder.path, '.meridian', 'dev.json'), state)
    const args = ['explain', 'video.example', '--output', 'json']
    const ran = await runCli(args, { cwd: folder.path })
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.out)).toEqual({ items: [explanation] })
    expect(ran.err).toMatch(/^cannot reach central at .*; the edges are those of .*dev\.json\n$/)
  })
})
