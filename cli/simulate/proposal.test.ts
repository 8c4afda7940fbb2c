import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { appSchema, clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import { createFolder } from '../cli.fixture.ts'
import { readProposal } from './proposal.ts'
import { policyIn, tellApp } from './world.ts'
import type { AppFacts, EndpointFacts, World } from './world.ts'

const folder = createFolder()
afterAll(folder.remove)
const file = join(folder.path, 'proposed.yaml')
const name = 'video.example.'

const facts = (more: Partial<EndpointFacts> = {}): EndpointFacts => ({
  health: 'unknown',
  isForced: false,
  load: undefined,
  withheld: 0,
  maintained: undefined,
  changesAt: undefined,
  machines: undefined,
  ...more,
})
const endpoint = (cluster: string, more: object = {}) =>
  endpointSchema.parse({ cluster, addresses: ['192.0.2.1'], ...more })

const app: AppFacts = {
  value: appSchema.parse({ name: 'video.example' }),
  endpoints: new Map([
    ['sfo', endpoint('sfo')],
    ['lhr', endpoint('lhr')],
    ['nrt', endpoint('nrt', { addresses: [] })],
  ]),
  found: new Map([
    ['lhr', facts({ health: 'down', isForced: true })],
    ['nrt', facts({ machines: { addresses: ['203.0.113.1'], leaseSeconds: 30 } })],
  ]),
}
const world: World = {
  clusters: new Map([['sfo', clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 })]]),
  zonePolicies: new Map([
    ['example.', undefined],
    ['test.', 'weighted'],
  ]),
  networks: [],
  apps: new Map([[name, app]]),
}

async function proposed(text: string, names: readonly string[] = [name]): Promise<World> {
  writeFileSync(file, text)
  const read = await readProposal(file, Readable.from([]))
  if (!read.ok) throw new Error(read.mistakes.map(({ wanted }) => wanted).join('; '))
  return read.proposal.over(world, names)
}

const endpointsOf = (after: World) => [...(after.apps.get(name)?.endpoints.keys() ?? [])]

describe('a manifest', () => {
  it('without a list of endpoints leaves them; what it does not name stays', async () => {
    const after = await proposed('apps: [{ name: video.example, policy: failover }]')
    expect(endpointsOf(after)).toEqual(['sfo', 'lhr', 'nrt'])
    expect(after.apps.get(name)?.value.policy).toBe('failover')
    expect(after.apps.get(name)?.found).toBe(app.found)
    expect([...after.clusters.keys()]).toEqual(['sfo'])
    expect(world.apps.get(name)).toBe(app)
  })

  it('with one replaces them, but those that machines have made', async () => {
    const after = await proposed('apps: [{ name: video.example, endpoints: [{ cluster: ewr }] }]')
    expect(endpointsOf(after)).toEqual(['ewr', 'nrt'])
    const none = await proposed('apps: [{ name: video.example, endpoints: [] }]')
    expect(endpointsOf(none)).toEqual(['nrt'])
  })

  it('brings clusters, zones, networks and apps', async () => {
    const after = await proposed(`
clusters: [{ id: sfo, latitude: 7, longitude: 8 }, { id: ewr, latitude: 1, longitude: 1 }]
zones: [{ apex: example, ns: [ns.example], policy: failover }]
networks: [{ id: office, prefixes: [192.0.2.0/24], cluster: ewr }]
apps: [{ name: new.example, endpoints: [{ cluster: ewr }] }]
`)
    expect(after.clusters.get('sfo')?.latitude).toBe(7)
    expect([...after.clusters.keys()]).toEqual(['sfo', 'ewr'])
    expect(after.networks.map(({ id }) => id)).toEqual(['office'])
    expect(policyIn(after, app.value)).toBe('failover')
    expect(after.apps.get('new.example.')?.endpoints.size).toBe(1)
  })

  it('names its apps', async () => {
    writeFileSync(file, 'apps: [{ name: B.example }, { name: a.example }]')
    const read = await readProposal(file, Readable.from([]))
    expect(read.ok && read.proposal.names).toEqual(['b.example.', 'a.example.'])
  })
})

describe('a policy', () => {
  it('is that of the apps that are looked at', async () => {
    const text = 'policy: [healthy, { filter: first, count: 2 }]\napps: [video.example]'
    const after = await proposed(text)
    expect(after.apps.get(name)?.value.policy).toEqual(['healthy', { filter: 'first', count: 2 }])
    expect((await proposed(text, [])).apps.get(name)?.value.policy).toBeUndefined()
  })

  it('can come from stdin', async () => {
    const read = await readProposal('-', Readable.from([Buffer.from('policy: weighted')]))
    expect(read.ok && read.proposal.over(world, [name]).apps.get(name)?.value.policy).toBe(
      'weighted',
    )
  })

  it.each([
    ['policy: fastest', 'policy'],
    ['policy: nearest\nclusters: []', ''],
    ['policy: nearest\napps: [a..b]', 'apps[0]'],
    ['apps: [{ name: a.example, policy: fastest }]', 'apps[0].policy'],
    ['clusters: [{ id: sfo }]', 'clusters[0].latitude'],
  ])('%j is refused, and said where', async (text, path) => {
    writeFileSync(file, text)
    const read = await readProposal(file, Readable.from([]))
    expect(read.ok ? [] : read.mistakes.map((mistake) => mistake.path)).toContain(path)
  })
})

describe('what edges are told', () => {
  it('has the policy of the app, of the longest zone around it, or the default', () => {
    const policy = (of: string, more: object = {}) =>
      policyIn(
        { zonePolicies: new Map([...world.zonePolicies, ['deep.test.', undefined]]) },
        appSchema.parse({ name: of, ...more }),
      )
    expect(policy('a.example')).toBe('nearest')
    expect(policy('a.test')).toBe('weighted')
    expect(policy('a.deep.test')).toBe('nearest')
    expect(policy('a.test', { policy: 'failover' })).toBe('failover')
    expect(policy('a.nowhere.org')).toBe('nearest')
  })

  it('has the addresses of machines, what is forced, and the trust in a lease', () => {
    expect(tellApp(world, app)).toEqual({
      policy: 'nearest',
      ttlMin: 5,
      ttlMax: 30,
      health: { enoughUpPercent: 0, failClosed: false, trustMs: 10_000 },
      endpoints: [
        endpoint('sfo'),
        { ...endpoint('lhr'), health: 'down', forced: true },
        endpoint('nrt', { addresses: ['203.0.113.1'] }),
      ],
    })
  })

  it('has loads, what is withheld, the fallback set, and the service', () => {
    const value = appSchema.parse({
      name: 'video.example',
      service: { alpn: ['h2'] },
      health: { check: { type: 'tcp' }, whenNotEnough: 'fallback', fallback: ['lhr'] },
    })
    const found = new Map([['sfo', facts({ load: 85, withheld: 40 })]])
    const told = tellApp(world, { ...app, value, found })
    expect(told.service).toMatchObject({ alpn: ['h2'] })
    expect(told.endpoints).toEqual([
      { ...endpoint('sfo'), load: 85, withheld: 40 },
      { ...endpoint('lhr'), fallback: true },
      endpoint('nrt', { addresses: [] }),
    ])
  })

  it('has the worse of two states, and no endpoint whose machines are all out', () => {
    const out = { addresses: [], leaseSeconds: undefined }
    const told = tellApp(world, {
      ...app,
      endpoints: new Map([
        ['sfo', endpoint('sfo', { state: 'draining' })],
        ['lhr', endpoint('lhr')],
        ['nrt', endpoint('nrt', { addresses: [] })],
        ['ewr', endpoint('ewr')],
      ]),
      found: new Map([
        ['sfo', facts({ maintained: 'disabled' })],
        ['lhr', facts({ maintained: 'draining' })],
        ['nrt', facts({ machines: out })],
        ['ewr', facts({ machines: out })],
      ]),
    })
    expect(told.endpoints.map(({ cluster, state }) => `${cluster} ${state ?? 'active'}`)).toEqual([
      'sfo disabled',
      'lhr draining',
      'ewr active',
    ])
    expect(told.health).toBeUndefined()
  })

  it('has the first change that is foreseen of its endpoints', () => {
    const found = new Map([
      ['sfo', facts({ changesAt: 1_800_000_000_000 })],
      ['lhr', facts({ changesAt: 1_700_000_000_000 })],
    ])
    expect(tellApp(world, { ...app, found }).changesAt).toBe(1_700_000_000_000)
    expect(tellApp(world, app)).not.toHaveProperty('changesAt')
  })
})
