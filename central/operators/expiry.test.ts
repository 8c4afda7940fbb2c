import { expect, it, onTestFinished } from 'vitest'
import { ManualClock, systemClock } from '../../shared/clock.ts'
import type { Clock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { EndpointForce } from '../model/events.ts'
import { manifestSchema } from '../../shared/registry/schema.ts'
import { createFailingLog } from '../health/keeper.fixture.ts'
import { planManifest, presenceOf } from '../http/plan.ts'
import { Registry } from '../registry/registry.ts'
import { DueChanges } from './due-changes.ts'
import { forceExpiry } from './expiry.ts'

const app = 'web.example.'
const mesh = {
  clusters: ['ewr', 'lhr', 'sfo'].map((id) => ({
    id,
    latitude: 1,
    longitude: 1,
    addresses: ['192.0.2.1'],
  })),
  zones: [{ apex: 'example', ns: ['ns.example'] }],
  apps: [{ name: app, endpoints: [{ cluster: 'ewr' }, { cluster: 'lhr' }, { cluster: 'sfo' }] }],
}

async function setUp(real?: Clock) {
  const manual = new ManualClock()
  const clock = real ?? manual
  const { log, setFull } = createFailingLog()
  const registry = new Registry({ log, clock })
  const submit = (plan: Parameters<Registry['submit']>[0]['plan']) =>
    registry.submit({ plan, actor: 'ops', cause: 'test' })
  await submit((state) =>
    planManifest(state, manifestSchema.parse(mesh), presenceOf(mesh), { prune: false }),
  )
  const force = async (cluster: string, seconds: number): Promise<void> => {
    const sinceEpoch = clock.epochMs()
    const untilEpoch = sinceEpoch + seconds * 1000
    const given: EndpointForce = {
      app,
      cluster,
      state: 'down',
      sinceEpoch,
      untilEpoch,
      reason: 'why',
      actor: 'ops',
    }
    expect(await submit(() => [{ type: 'force-endpoint', force: given }])).toMatchObject({
      ok: true,
    })
  }
  const expiry = new DueChanges(forceExpiry, {
    registry,
    clock,
    logger: createLogger('silent', {}),
  })
  const start = async (): Promise<void> => {
    await expiry.start()
    onTestFinished(() => expiry.stop())
  }
  /** Time goes on, and the timer that stands for it is not waited for. */
  const advance = async (seconds: number): Promise<void> => {
    manual.advance(seconds * 1000)
    expiry.look()
    await registry.settle()
  }
  const forced = (): readonly string[] => [...(registry.state.forced.get(app)?.keys() ?? [])].sort()
  return { registry, expiry, manual, setFull, force, start, advance, forced }
}

it('ends each when its time is over, as a change of the system that says why', async () => {
  const { registry, force, start, advance, forced } = await setUp()
  await start()
  await force('sfo', 60)
  await force('lhr', 30)
  await force('ewr', 30)
  await advance(29)
  expect(forced()).toEqual(['ewr', 'lhr', 'sfo'])
  const before = registry.version
  await advance(1)
  expect(forced()).toEqual(['sfo'])
  const [record, ...more] = registry.read(before)
  expect(more).toEqual([])
  expect(record).toMatchObject({ actor: 'system', cause: 'expiry' })
  expect(record?.events).toEqual(
    ['lhr', 'ewr'].map((cluster) => ({ type: 'endpoint-unforced', app, cluster, why: 'expired' })),
  )
  await advance(30)
  expect(forced()).toEqual([])
})

it('ends at the start what has expired while no central ran', async () => {
  const { registry, manual, force, start, forced } = await setUp()
  await force('sfo', 1)
  await force('lhr', 100)
  manual.advance(1_000)
  await start()
  await registry.settle()
  expect(forced()).toEqual(['lhr'])
})

it('leaves alone what was prolonged or ended before', async () => {
  const { registry, force, start, advance, forced } = await setUp()
  await start()
  await force('sfo', 10)
  await force('lhr', 10)
  await force('sfo', 20)
  await registry.submit({
    plan: () => [{ type: 'unforce-endpoint', app, cluster: 'lhr', why: 'operator' }],
    actor: 'ops',
    cause: 'test',
  })
  const before = registry.version
  await advance(10)
  expect(forced()).toEqual(['sfo'])
  expect(registry.version).toBe(before)
  await advance(10)
  expect(forced()).toEqual([])
})

it('tries again when the log takes no writes', async () => {
  const { registry, setFull, force, start, advance, forced } = await setUp()
  await start()
  await force('sfo', 1)
  setFull(true)
  await advance(1)
  expect(forced()).toEqual(['sfo'])
  setFull(false)
  await new Promise<void>((resolve) => {
    registry.onChange(() => resolve())
  })
  expect(forced()).toEqual([])
})

it('wakes up by itself for the one that ends first, whenever that comes', async () => {
  const { registry, force, start, forced } = await setUp(systemClock)
  await start()
  await force('sfo', 2_592_000)
  await force('lhr', 0.05)
  await new Promise<void>((resolve) => {
    registry.onChange(() => resolve())
  })
  expect(forced()).toEqual(['sfo'])
})

it('ends nothing once it is stopped', async () => {
  const { expiry, force, start, advance, forced } = await setUp()
  await start()
  await force('sfo', 1)
  await expiry.stop()
  await advance(1)
  expect(forced()).toEqual(['sfo'])
})
