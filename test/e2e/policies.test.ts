import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord } from '../support/program.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = [
  new EdgeUnderTest(folder, 'sfo', () => central.grpc),
  new EdgeUnderTest(folder, 'ewr', () => central.grpc, { replica: { kind: 'full' } }),
]

type AppInput = NonNullable<ManifestInput['apps']>[number]
const name = 'policy.example'
const endpoints = [
  { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 75 },
  { cluster: 'ewr', addresses: ['192.0.2.2'], weight: 25, priority: 1 },
  { cluster: 'lhr', addresses: ['192.0.2.3'], weight: 0, priority: 2 },
]

beforeAll(async () => {
  await central.start()
  await central.apply({ clusters: pops(), zones: [{ apex: 'example', ns: ['ns.example'] }] })
  await put({ policy: 'nearest' })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

async function put(more: Partial<AppInput>): Promise<void> {
  await central.apply({ apps: [{ name, endpoints, ...more }] })
}

/** Waits until both edges answer as wanted, San Francisco first; what they answer then. */
async function settled(...wanted: readonly [string, string]): Promise<readonly string[]> {
  return Promise.all(
    edges.map(async (edge, i) => {
      await edge.answers(name, wanted[i] ?? '').catch(() => undefined)
      return edge.addresses(name)
    }),
  )
}

/** How often each answer is given. */
async function countAnswers(edge: EdgeUnderTest, asks: number, transport: 'udp' | 'tcp' = 'udp') {
  const counts = new Map<string, number>()
  for (let i = 0; i < asks; i++) {
    const { answers } = await edge.ask(name, 'A', transport)
    const key = answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : [])).join(' ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function expectShare(counts: ReadonlyMap<string, number>, address: string, share: number): void {
  const asks = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const deviation = Math.sqrt(asks * share * (1 - share))
  expect(Math.abs((counts.get(address) ?? 0) - asks * share)).toBeLessThan(5 * deviation + 1)
}

it('weighted: each query is answered with one, by weight, over both transports', async () => {
  await put({ policy: 'weighted' })
  for (const edge of edges) {
    // The answer of nearest has one address too: once the other comes, it is drawn.
    await edge.answers(name, edge.id === 'sfo' ? '192.0.2.2' : '192.0.2.1')
    const counts = await countAnswers(edge, 1_000)
    expect([...counts.keys()].sort()).toEqual(['192.0.2.1', '192.0.2.2'])
    expectShare(counts, '192.0.2.1', 0.75)
    expectShare(await countAnswers(edge, 200, 'tcp'), '192.0.2.1', 0.75)
    const { body } = await edge.get(`/v1/explain?name=${name}&type=A`)
    const answer = isRecord(body) ? body['answer'] : undefined
    expect(answer).toMatchObject({ drawn: { sfo: 75, ewr: 25 } })
  }
})

it('weights that change are drawn by at once, and what drew is gone with the policy', async () => {
  await put({ policy: 'weighted', endpoints: endpoints.map((one) => ({ ...one, weight: 1 })) })
  for (const edge of edges) {
    await edge.answers(name, '192.0.2.3')
    const counts = await countAnswers(edge, 600)
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      expectShare(counts, address, 1 / 3)
  }
  await put({ policy: 'nearest' })
  for (const [i, edge] of edges.entries()) {
    const own = ['192.0.2.1', '192.0.2.2'][i] ?? ''
    await edge.answers(name, own)
    await expect.poll(async () => [...(await countAnswers(edge, 50)).keys()]).toEqual([own])
  }
})

it('failover: the lowest priority number everywhere', async () => {
  await put({ policy: 'failover' })
  const first = ['192.0.2.1', '192.0.2.1'] as const
  expect(await settled(...first)).toEqual(first)
  await put({ policy: 'failover', endpoints: endpoints.slice(1) })
  const second = ['192.0.2.2', '192.0.2.2'] as const
  expect(await settled(...second)).toEqual(second)
})

it('a list of filters: the two nearest, with the farther one brought near by a bias', async () => {
  await put({
    policy: [
      'healthy',
      { filter: 'bias', clusters: { lhr: 60 } },
      'nearest',
      { filter: 'first', count: 2 },
    ],
  })
  // San Francisco has London 8,600 km away, taken as 3,400, and Newark 4,100.
  const wanted = ['192.0.2.1 192.0.2.3', '192.0.2.2 192.0.2.3'] as const
  expect(await settled(...wanted)).toEqual(wanted)
})

it('an app without a policy has that of its zone, as it is now', async () => {
  const zone = (policy?: 'failover'): Promise<Response> =>
    central.call('PUT', '/v1/zones/example', { ns: ['ns.example'], policy })
  const nearest = ['192.0.2.1', '192.0.2.2'] as const
  const failover = ['192.0.2.1', '192.0.2.1'] as const
  const heaviest = ['192.0.2.3', '192.0.2.3'] as const
  await put({})
  expect(await settled(...nearest)).toEqual(nearest)
  await zone('failover')
  expect(await settled(...failover)).toEqual(failover)
  // Its own goes before that of the zone.
  await put({ policy: ['heaviest'], endpoints: endpoints.map((one, i) => ({ ...one, weight: i })) })
  expect(await settled(...heaviest)).toEqual(heaviest)
  await put({})
  expect(await settled(...failover)).toEqual(failover)
  await zone()
  expect(await settled(...nearest)).toEqual(nearest)
})

it('a policy that cannot be is refused, with what is wrong', async () => {
  await expect(put({ policy: ['nearest', 'healthy'] })).rejects.toThrow(
    'has to stand before nearest',
  )
})
