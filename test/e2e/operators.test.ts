import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, ProgramUnderTest, until } from '../support/program.ts'

/** How soon both edges go by what an operator wants. */
const SEEN_MS = 1_000

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = [
  new EdgeUnderTest(folder, 'sfo', () => central.grpc),
  new EdgeUnderTest(folder, 'ewr', () => central.grpc, { replica: { kind: 'full' } }),
]

/** Both edges are nearer to `near`. */
const near = '192.0.2.1'
const far = '198.51.100.1'
const endpoint = '/v1/apps/web.example/endpoints/sfo'
const force = `${endpoint}/force`

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [
      {
        name: 'web.example',
        endpoints: [
          { cluster: 'sfo', addresses: [near] },
          { cluster: 'lhr', addresses: [far] },
        ],
      },
    ],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
  await allAnswer(near)
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

/** Waits until both edges answer an address; returns how long that took. */
async function allAnswer(address: string): Promise<number> {
  const took = await Promise.all(edges.map((edge) => edge.answers('web.example', address)))
  return Math.max(...took)
}

/** What an edge says of the endpoint, and why it is not in the answer. */
async function explained(
  edge: EdgeUnderTest,
): Promise<Readonly<Record<'state' | 'health' | 'isForced' | 'reason', unknown>>> {
  const { body } = await edge.get('/v1/explain?name=web.example')
  const find = (list: unknown): Record<string, unknown> => {
    const items: readonly unknown[] = Array.isArray(list) ? list : []
    return items.filter(isRecord).find(({ cluster }) => cluster === 'sfo') ?? {}
  }
  const { endpoints, steps } = isRecord(body) ? body : {}
  const { state, health, forced: isForced } = find(endpoints)
  const drops = (Array.isArray(steps) ? steps : []).map((step: unknown) =>
    find(isRecord(step) ? step['dropped'] : undefined),
  )
  const reason = drops.find((drop) => drop['reason'] !== undefined)?.['reason']
  return { state, health, isForced, reason }
}

async function forced(): Promise<readonly unknown[]> {
  const page: unknown = await (await central.call('GET', '/v1/forced')).json()
  const items: unknown[] = isRecord(page) && Array.isArray(page['items']) ? page['items'] : []
  return items
}

/** The events of the last change, with who made it. */
async function lastChange(): Promise<unknown> {
  const after = (await central.version()) - 1
  const page: unknown = await (await central.call('GET', `/v1/events?after=${after}`)).json()
  return isRecord(page) && Array.isArray(page['items']) ? page['items'][0] : undefined
}

const down = { state: 'down', seconds: 600, reason: 'new disks' }

describe('an endpoint that is forced down', () => {
  it('is out of the answers of both edges, and explained, until it is let go', async () => {
    await central.call('PUT', force, down)
    expect(await allAnswer(far)).toBeLessThan(SEEN_MS)
    for (const edge of edges) {
      expect(await explained(edge)).toEqual({
        state: 'active',
        health: 'down',
        isForced: true,
        reason: 'the endpoint is down',
      })
    }
    await central.call('DELETE', force)
    expect(await allAnswer(near)).toBeLessThan(SEEN_MS)
    expect(await lastChange()).toMatchObject({
      actor: 'test',
      events: [{ type: 'endpoint-unforced', why: 'operator' }],
    })
  })

  it('is back by itself when the time is over', async () => {
    const startedAt = performance.now()
    await central.call('PUT', `${force}?wait=edges`, { ...down, seconds: 1 })
    expect(await Promise.all(edges.map((edge) => edge.addresses('web.example')))).toEqual([
      far,
      far,
    ])
    await allAnswer(near)
    const took = performance.now() - startedAt
    expect(took).toBeGreaterThan(900)
    expect(took).toBeLessThan(1_000 + SEEN_MS)
    expect(await lastChange()).toMatchObject({
      actor: 'system',
      cause: 'expiry',
      events: [{ type: 'endpoint-unforced', why: 'expired' }],
    })
  })

  it('is answered all the same when the others are down too', async () => {
    await central.call('PUT', force, down)
    await allAnswer(far)
    await central.call('PUT', force.replace('sfo', 'lhr'), down)
    expect(await allAnswer(near)).toBeLessThan(SEEN_MS)
    await central.call('DELETE', force)
    await central.call('DELETE', force.replace('sfo', 'lhr'))
  })
})

it('what is forced outlives central, and what expires meanwhile is ended when it is back', async () => {
  await central.call('PUT', force, down)
  await central.call('PUT', `${force.replace('sfo', 'lhr')}?wait=edges`, {
    state: 'up',
    seconds: 1,
    reason: 'not for long',
  })
  const before = await forced()
  expect(before).toHaveLength(2)
  const askedAt = performance.now()
  await central.end()
  await until('a second to be over', async () =>
    performance.now() - askedAt > 1_000 ? true : undefined,
  )
  await central.start()
  await until('one to be ended', async () => ((await forced()).length === 1 ? true : undefined))
  expect(await forced()).toEqual([before[1]])
  await Promise.all(edges.map((edge) => edge.connected()))
  expect(await edges[0]?.addresses('web.example')).toBe(far)
  await central.call('DELETE', force)
  await allAnswer(near)
})

describe('maintenance', () => {
  const window = '/v1/maintenance/disks'
  const inMs = (ms: number): string => new Date(systemClock.epochMs() + ms).toISOString()

  it('begins and ends by itself, and is explained', async () => {
    await central.call('PUT', window, {
      target: { cluster: 'sfo' },
      from: inMs(500),
      until: inMs(3_000),
      reason: 'new disks',
    })
    expect(await edges[0]?.addresses('web.example')).toBe(near)
    await allAnswer(far)
    const cluster: unknown = await (await central.call('GET', '/v1/clusters/sfo')).json()
    expect(cluster).toMatchObject({ state: 'active', maintenance: [{ id: 'disks' }] })
    for (const edge of edges) {
      expect(await explained(edge)).toMatchObject({ reason: 'the cluster is draining' })
    }
    await allAnswer(near)
    expect(await lastChange()).toMatchObject({
      actor: 'system',
      cause: 'maintenance',
      events: [{ type: 'maintenance-ended', why: 'over', reason: 'new disks', actor: 'test' }],
    })
  })

  it('that begins and ends while central is down does so when it is back', async () => {
    const target = { cluster: 'sfo', app: 'web.example' }
    const rest = { target, state: 'disabled', reason: 'new memory' }
    await central.call('PUT', window, { ...rest, from: inMs(700), until: inMs(60_000) })
    const beginsAt = performance.now() + 700
    await central.end()
    await until('it to be time', () => (performance.now() > beginsAt ? true : undefined))
    expect(await edges[0]?.addresses('web.example')).toBe(near)
    await central.start()
    await allAnswer(far)
    await central.call('PUT', window, { ...rest, from: inMs(-1_000), until: inMs(700) })
    const endsAt = performance.now() + 700
    await central.end()
    await until('it to be over', () => (performance.now() > endsAt ? true : undefined))
    expect(await edges[0]?.addresses('web.example')).toBe(far)
    await central.start()
    await allAnswer(near)
  })
})

it.each([
  ['draining', 'the endpoint is draining'],
  ['disabled', 'the endpoint is disabled'],
])('an endpoint that is %s is out of answers, and explained', async (state, reason) => {
  await central.call('PUT', endpoint, { addresses: [near], state })
  expect(await allAnswer(far)).toBeLessThan(SEEN_MS)
  for (const edge of edges) {
    expect(await explained(edge)).toEqual({ state, health: 'unknown', isForced: false, reason })
  }
  await central.call('PUT', endpoint, { addresses: [near] })
  expect(await allAnswer(near)).toBeLessThan(SEEN_MS)
})

it('an edge that is drained is not ready, and still answers', async () => {
  const edge = edges[0]
  const turn = async (command: string): Promise<string> => {
    const program = new ProgramUnderTest([command, 'edge', 'sfo', '--url', central.url])
    const { code, stdout, stderr } = await program.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }
  expect(await turn('drain')).toMatch(/^edge sfo is draining/)
  expect(await edge?.get('/ready')).toMatchObject({ status: 503, body: { reasons: ['draining'] } })
  expect(await edge?.addresses('web.example')).toBe(near)
  expect(await turn('undrain')).toBe('edge sfo is not draining\n')
  expect(await edge?.get('/ready')).toMatchObject({ status: 200 })
})

it('an edge that starts from its snapshot knows what was drained and forced', async () => {
  await central.call('PUT', `${endpoint}?wait=edges`, { addresses: [near], state: 'draining' })
  await central.call('PUT', `${force.replace('sfo', 'lhr')}?wait=edges`, down)
  const full = edges[1]
  await full?.answers('web.example', near)
  await full?.end()
  await central.end()
  await full?.start()
  // What drains works, what is down does not.
  await full?.answers('web.example', near)
  expect(full && (await explained(full))).toMatchObject({ state: 'draining', health: 'unknown' })
  await central.start()
  await Promise.all(edges.map((edge) => edge.connected()))
})
