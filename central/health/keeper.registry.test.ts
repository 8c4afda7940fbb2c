import { expect, it } from 'vitest'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import { endpointSchema } from '../../shared/registry/schema.ts'
import { commandsOf, manifest, TestEdge, TestHealth } from './keeper.fixture.ts'
import { HOLD_MS } from './verdicts.ts'

const SFO = 'video.example. sfo'
const EWR = 'video.example. ewr'

it('follows what is registered: endpoints that come, change and go', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const [first] = [...edge.tasks.keys()]
  const put = (value: unknown): Promise<void> =>
    health.submit({
      type: 'put-endpoint',
      app: 'video.example.',
      endpoint: endpointSchema.parse(value),
    })

  await put({ cluster: 'lhr', addresses: ['192.0.2.30'] })
  expect(edge.names).toEqual([EWR, 'video.example. lhr', SFO])

  // Its weight is nothing to an edge that checks it.
  const messages = edge.messages.length
  await put({ cluster: 'lhr', addresses: ['192.0.2.30'], weight: 7 })
  expect(edge.messages).toHaveLength(messages)

  await put({ cluster: 'sfo', addresses: ['192.0.2.11'], port: 8080 })
  expect(edge.task(SFO)?.addresses).toEqual(['192.0.2.11'])
  expect(edge.task(SFO)?.id).toBeGreaterThan(first ?? 0)

  await health.submit({ type: 'delete-endpoint', app: 'video.example.', cluster: 'sfo' })
  expect(edge.names).toEqual([EWR, 'video.example. lhr'])
  await health.submit({ type: 'delete-app', name: 'video.example.' })
  expect(edge.names).toEqual([])
  expect(health.keeper.stats.endpoints.unknown).toBe(0)
})

it('follows the check of an app, and that it has none any more', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const check = { type: 'tcp' as const, port: 9 }
  await health.apply({ apps: [{ name: 'plain.example', health: { check } }] })
  expect(edge.names).toEqual(['plain.example. sfo', EWR, SFO])
  await health.apply({ apps: [{ name: 'video.example', health: { check } }] })
  expect(edge.task(SFO)?.check).toBe(JSON.stringify(checkSchema.parse(check)))
  await health.apply({ apps: [{ name: 'video.example' }] })
  expect(edge.names).toEqual(['plain.example. sfo'])
})

it('follows the addresses of a cluster for endpoints that have none of their own', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const putCluster = async (addresses: readonly string[], latitude = 40): Promise<void> => {
    const ewr = { id: 'ewr', latitude, longitude: -74, addresses: [...addresses] }
    await health.apply({ clusters: [ewr] })
  }
  const sfo = edge.task(SFO)?.id
  await putCluster(['192.0.2.9'])
  expect(edge.task(EWR)?.addresses).toEqual(['192.0.2.9'])
  expect(edge.task(SFO)?.id).toBe(sfo)
  const messages = edge.messages.length
  await putCluster(['192.0.2.9'], 41)
  expect(edge.messages).toHaveLength(messages)
  await putCluster([])
  expect(edge.names).toEqual([SFO])
  await putCluster(['192.0.2.8'])
  expect(edge.task(EWR)?.addresses).toEqual(['192.0.2.8'])
})

it('does not take for an endpoint what was found out of the one before it', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const { version } = health.registry
  const late = edge.task(SFO)?.id ?? 0
  const endpoint = endpointSchema.parse({ cluster: 'sfo', addresses: ['192.0.2.77'] })
  // Submitted in the turn in which the verdict is, just before it: both are decided on one draft.
  const moved = new Promise((resolve) => setImmediate(resolve)).then(() =>
    health.submit({ type: 'put-endpoint', app: 'video.example.', endpoint }),
  )
  edge.report(SFO, 'down')
  await moved
  expect(health.keeper.stats.verdicts.down).toBe(1)
  edge.session.report([{ task: late, state: 'DOWN', detail: '' }])
  await health.settle()
  const types = [...health.registry.read(version)].flatMap(({ events }) =>
    events.map((event) => event.type),
  )
  expect(types).toEqual(['endpoint-put'])
  expect(health.keeper.stats.reportsIgnored).toBe(1)
})

it('puts back the verdicts of an app that was deleted and put again in one change', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  edge.report(SFO, 'down')
  await health.settle()
  await health.submit({ type: 'delete-app', name: 'video.example.' }, ...commandsOf(manifest))
  expect(health.stateOf('video.example.', 'sfo')).toBe('down')
})

it('puts them back, too, when that happens while they are written', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  edge.report(SFO, 'down')
  // Submitted in the turn in which the verdict is, just after it.
  await new Promise((resolve) => setImmediate(resolve))
  await health.submit({ type: 'delete-app', name: 'video.example.' }, ...commandsOf(manifest))
  expect([...health.registry.read(0)].map((record) => record.actor)).toEqual([
    'ops',
    'system',
    'ops',
    'system',
  ])
  expect(health.stateOf('video.example.', 'sfo')).toBe('down')
})

it('goes on after a restart from what the log holds', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const before = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  before.report(SFO, 'down')
  before.report(EWR, 'down')
  await health.settle()
  await health.keeper.stop()

  const keeper = health.restart()
  const edge = new TestEdge(keeper, 'sfo')
  await health.settle()
  expect(edge.task(SFO)?.state).toBe('DOWN')
  edge.report(SFO, 'down')
  const { version } = health.registry
  health.clock.advance(HOLD_MS - 1)
  edge.session.heard()
  keeper.tick()
  await health.settle()
  expect(health.registry.version).toBe(version)
  health.clock.advance(1)
  keeper.tick()
  await health.settle()
  // Nobody has said a word of the other one.
  expect(health.stateOf('video.example.', 'sfo')).toBe('down')
  expect(health.stateOf('video.example.', 'ewr')).toBe('unknown')
})
