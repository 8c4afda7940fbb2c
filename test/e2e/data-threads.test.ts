import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'

const ROUNDS = 12
const TYPES = ['A', 'AAAA', 'TXT', 'SOA', 'NS', 'DS', 'ANY']

/** Names that stand in each other's way: apexes, empty non-terminals, deep and absent ones. */
const names = [
  'example',
  'a.example',
  'b.a.example',
  'c.b.a.example',
  'x.example',
  'sub.example',
  'a.sub.example',
  'b.a.sub.example',
  'nothing.sub.example',
  'nothing.example',
  'example.org',
]

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const SEED = 20_261

/** What is drawn is another answer each time, and has a test of its own. */
const policies: readonly NonNullable<ManifestInput['apps']>[number]['policy'][] = [
  'nearest',
  'failover',
  ['heaviest', { filter: 'first', count: 2 }],
  ['not-draining', { filter: 'bias', clusters: { nrt: 90 } }, 'nearest'],
]

describe.each(['on-demand', 'full'] as const)('data and stream threads, replica %s', (kind) => {
  const folder = new TestFolder()
  const central = new CentralUnderTest(folder)
  const edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc, {
    replica: { kind },
    listen: { addresses: ['127.0.0.1:0'], threads: 2 },
  })
  /** Of the same cluster; every answer over TCP comes from its control thread. */
  const threadless = new EdgeUnderTest(folder, 'sfo-threadless', () => central.grpc, {
    cluster: 'sfo',
    replica: { kind },
    listen: { addresses: ['127.0.0.1:0'], threads: 0, streamThreads: 0 },
  })
  const random = createRandom(SEED)

  beforeAll(async () => {
    await central.start()
    await central.apply({
      clusters: [
        { id: 'sfo', latitude: 37.6, longitude: -122.4 },
        { id: 'lhr', latitude: 51.5, longitude: -0.5 },
        { id: 'nrt', latitude: 35.8, longitude: 140.4 },
      ],
      zones: [{ apex: 'example', ns: ['ns.example'] }],
    })
    for (const each of [edge, threadless]) {
      await each.start()
      await each.connected()
      await each.answers('example', 'NOERROR', 'SOA').catch(() => undefined)
    }
  })
  afterAll(async () => {
    await edge.end()
    await threadless.end()
    await central.end()
    folder.remove()
  })

  /** Answers as they differ for a client. */
  async function answered(
    from: EdgeUnderTest,
    qname: string,
    qtype: string,
    transport: 'udp' | 'tcp',
  ) {
    const response = await from.ask(qname, qtype, transport)
    const { rcode, aa, tc, ra, answers, authorities, additionals, edns } = response
    return { rcode, aa, tc, ra, answers, authorities, additionals, edns }
  }

  function randomApp(): NonNullable<ManifestInput['apps']>[number] {
    const clusters = ['sfo', 'lhr', 'nrt'].filter(() => random(2) === 0)
    return {
      name: names[1 + random(7)] ?? 'a.example',
      ttl: { min: 1, max: 1 + random(100) },
      policy: policies[random(policies.length)],
      endpoints: clusters.map((cluster) => ({
        cluster,
        addresses: [
          ...(random(3) > 0 ? [`192.0.2.${1 + random(250)}`] : []),
          ...(random(2) > 0 ? [`2001:db8::${1 + random(9)}`] : []),
          '198.51.100.200',
        ].slice(0, 1 + random(2)),
        priority: random(2),
        ...(random(4) === 0 ? { state: 'draining' as const } : {}),
      })),
    }
  }

  async function changeSomething(): Promise<void> {
    const version = async (response: Promise<Response>): Promise<void> => {
      await response.catch(() => undefined)
    }
    switch (random(6)) {
      case 0:
        return version(
          central.call('PUT', '/v1/zones/sub.example?wait=edges', { ns: ['ns.example'] }),
        )
      case 1:
        return version(central.call('DELETE', '/v1/zones/sub.example?wait=edges'))
      case 2:
        return version(central.call('DELETE', `/v1/apps/${names[1 + random(7)] ?? ''}?wait=edges`))
      case 3:
        return version(
          central.call('PUT', '/v1/clusters/lhr?wait=edges', {
            latitude: random(60),
            longitude: -random(120),
            state: ['active', 'draining', 'disabled'][random(3)],
          }),
        )
      default:
        return version(central.call('POST', '/v1/changes?wait=edges', { apps: [randomApp()] }))
    }
  }

  it(`answers from the table are those of the control thread, through changes (seed ${SEED})`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await changeSomething()
      for (const qname of names) {
        for (const qtype of TYPES) {
          const wanted = await answered(threadless, qname, qtype, 'tcp')
          // The first may be a miss that fills the table, the others come from there.
          for (const transport of ['udp', 'udp', 'tcp'] as const) {
            const what = `round ${round}, ${qname} ${qtype}, ${transport}`
            const given = await answered(edge, qname, qtype, transport)
            expect({ what, ...given }).toEqual({ what, ...wanted })
          }
        }
      }
    }
    expect(await edge.metric('meridian_edge_data_answers_total')).toBeGreaterThan(1500)
    expect(await edge.metric('meridian_edge_data_threads')).toBe(2)
    expect(await edge.metric('meridian_edge_data_stream_threads')).toBe(1)
    expect(await threadless.metric('meridian_edge_data_stream_threads')).toBe(0)
    const overTcp = { proto: 'tcp' }
    const asked = await edge.metric('meridian_edge_dns_requests_total', overTcp)
    expect(asked).toBe(await edge.metric('meridian_edge_listen_received_total', overTcp))
    expect(asked).toBe(ROUNDS * names.length * TYPES.length)
  })
})

it('without data threads node:dgram serves UDP, the control thread TCP, and /ready says why', async () => {
  const folder = new TestFolder()
  const central = new CentralUnderTest(folder)
  const edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc, {
    listen: { addresses: ['127.0.0.1:0'], threads: 0 },
  })
  try {
    await central.start()
    await central.apply({
      clusters: [{ id: 'sfo', latitude: 37.6, longitude: -122.4 }],
      zones: [{ apex: 'example', ns: ['ns.example'] }],
      apps: [{ name: 'a.example', endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.1'] }] }],
    })
    await edge.start()
    await edge.answers('a.example', '192.0.2.1')
    expect((await edge.ask('a.example', 'A', 'tcp')).rcode).toBe('NOERROR')
    const { body } = await edge.get('/ready')
    expect(body).toMatchObject({ listen: { udp: 'dgram', reason: 'listen.threads is 0' } })
    expect(await edge.metric('meridian_edge_data_threads')).toBe(0)
    expect(await edge.metric('meridian_edge_data_stream_threads')).toBe(0)
  } finally {
    await edge.end()
    await central.end()
    folder.remove()
  }
})
