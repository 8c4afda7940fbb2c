import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { ReplicaApp, ReplicaEndpoint, ReplicaHealth } from '../replica/model.ts'
import { decideSteering } from './decide.ts'
import type { Step } from './steps.ts'
import { createTopology } from './topology.ts'

/** `near` is nearer than `far`, and `far` than `farthest`. */
const clusters = [
  ['own', 0],
  ['near', 1],
  ['far', 50],
  ['farthest', 90],
] as const
const topologyOf = (states: Readonly<Record<string, 'draining' | 'disabled'>> = {}) => {
  const list = clusters.map(([id, longitude]) =>
    clusterSchema.parse({ id, latitude: 0, longitude, state: states[id] ?? 'active' }),
  )
  const [own] = list
  if (own === undefined) throw new Error('no cluster')
  return createTopology(own, list)
}

const healthOf = (more: Partial<ReplicaHealth> = {}): ReplicaHealth => ({
  enoughUpPercent: 0,
  failClosed: false,
  trustMs: 20_000,
  ...more,
})

type States = Readonly<Record<string, 'up' | 'degraded' | 'down' | undefined>>

function decide(
  states: States,
  health: ReplicaHealth | undefined,
  topology = topologyOf(),
  ttl = { ttlMin: 5, ttlMax: 60 },
) {
  const endpoints = Object.entries(states).map(([cluster, state]): ReplicaEndpoint => ({
    cluster,
    addresses: ['192.0.2.1'],
    weight: 1,
    priority: 0,
    ...(state === undefined ? {} : { health: state }),
  }))
  const app: ReplicaApp = { policy: 'nearest', ...ttl, endpoints, health }
  const steps: Step[] = []
  const decision = decideSteering(app, TYPE_A, topology, steps)
  return { ...decision, cluster: decision.chosen[0]?.endpoint.cluster, steps }
}

describe('health', () => {
  it.each<[string, States, Partial<ReplicaHealth>, string | undefined]>([
    ['what is down gives way', { near: 'down', far: 'up' }, {}, 'far'],
    ['the own cluster too', { own: 'down', far: 'up' }, {}, 'far'],
    ['what nobody has judged is taken to work', { near: undefined, far: 'up' }, {}, 'near'],
    ['what is degraded still works', { near: 'degraded', far: 'up' }, {}, 'near'],
    ['fail-open: none up is as all up', { near: 'down', far: 'down' }, {}, 'near'],
    [
      'fail-closed: none up is none',
      { near: 'down', far: 'down' },
      { failClosed: true },
      undefined,
    ],
    ['too few up is as all up', { near: 'down', far: 'up' }, { enoughUpPercent: 51 }, 'near'],
    ['enough up is enough', { near: 'down', far: 'up' }, { enoughUpPercent: 50 }, 'far'],
    [
      'too few up, fail-closed',
      { near: 'up', far: 'down', farthest: 'down' },
      { enoughUpPercent: 34, failClosed: true },
      undefined,
    ],
  ])('%s', (_what, states, health, wanted) => {
    const { cluster, isRefused } = decide(states, healthOf(health))
    expect(cluster).toBe(wanted)
    expect(isRefused).toBe(wanted === undefined)
  })

  it('comes before draining: what drains works', () => {
    const topology = topologyOf({ far: 'draining' })
    expect(decide({ near: 'down', far: 'up' }, healthOf(), topology).cluster).toBe('far')
  })

  it('counts only what may be answered at all', () => {
    const topology = topologyOf({ far: 'disabled' })
    // The one that is up is disabled: none of the others is, so all are as good.
    expect(decide({ near: 'down', far: 'up' }, healthOf(), topology).cluster).toBe('near')
  })

  it.each<[string, States, string]>([
    ['what is down gives way', { near: 'down', far: undefined }, 'far'],
    ['what is up is as what is not forced', { near: undefined, far: 'up' }, 'near'],
    ['all down are as all up', { near: 'down', far: 'down' }, 'near'],
  ])('is heeded without checks, where an operator has forced it: %s', (_what, states, wanted) => {
    const { cluster, isRefused, ttl } = decide(states, undefined)
    expect({ cluster, isRefused, ttl }).toEqual({ cluster: wanted, isRefused: false, ttl: 60 })
  })

  it('of what was forced is in the steps, without a check too', () => {
    const { steps } = decide({ near: 'down', far: 'up' }, undefined)
    expect(steps.find(({ filter }) => filter === 'healthy')?.dropped).toEqual([
      { cluster: 'near', reason: 'the endpoint is down' },
    ])
    const open = decide({ near: 'down' }, undefined)
    expect(open.steps.map(({ filter }) => filter)).toContain('fail-open')
    const unforced = decide({ near: undefined }, undefined)
    expect(unforced.steps.map(({ filter }) => filter)).not.toContain('fail-open')
  })

  it('says why in its steps', () => {
    const { steps } = decide({ near: 'down', far: 'up' }, healthOf())
    expect(steps.find(({ filter }) => filter === 'healthy')).toEqual({
      filter: 'healthy',
      kept: ['far'],
      dropped: [{ cluster: 'near', reason: 'the endpoint is down' }],
    })
    const closed = healthOf({ failClosed: true, enoughUpPercent: 60 })
    expect(decide({ near: 'down', far: 'up' }, closed).steps.at(-1)).toEqual({
      filter: 'fail-closed',
      kept: [],
      dropped: ['near', 'far'].map((cluster) => ({
        cluster,
        reason: '1 of 2 are up, 60 % are wanted',
      })),
    })
    const open = decide({ near: 'down' }, healthOf())
    expect(open.steps.map(({ filter }) => filter)).toContain('fail-open')
  })
})

describe('the TTL', () => {
  const up = { near: 'up' } as const
  it.each<[string, States, ReplicaHealth | undefined, number, number, number]>([
    ['is ttl.max where nobody checks', up, undefined, 5, 60, 60],
    ['is the trust in the verdict', up, healthOf(), 5, 60, 20],
    ['is half of it while degraded', { near: 'degraded' }, healthOf(), 5, 60, 10],
    ['is never below ttl.min', up, healthOf({ trustMs: 900 }), 5, 60, 5],
    ['is never above ttl.max', up, healthOf({ trustMs: 3_600_000 }), 5, 60, 60],
    ['can be none at all', up, healthOf({ trustMs: 900 }), 0, 60, 0],
  ])('%s', (_what, states, health, ttlMin, ttlMax, wanted) => {
    const { ttl } = decide(states, health, topologyOf(), { ttlMin, ttlMax })
    expect(ttl).toBe(wanted)
  })

  it('no answer outlives the trust in what it goes by, nor does a refusal', () => {
    const state = fc.constantFrom('up' as const, 'degraded' as const, 'down' as const, undefined)
    fc.assert(
      fc.property(
        fc.record({ own: state, near: state, far: state, farthest: state }),
        fc.record({
          enoughUpPercent: fc.integer({ min: 0, max: 100 }),
          failClosed: fc.boolean(),
          trustMs: fc.integer({ min: 100, max: 100_000 }),
        }),
        fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })),
        (states, health, bounds) => {
          const [ttlMin = 0, ttlMax = 0] = bounds.toSorted((a, b) => a - b)
          const { ttl } = decide(states, health, topologyOf(), { ttlMin, ttlMax })
          expect(ttl).toBeLessThanOrEqual(Math.max(ttlMin, health.trustMs / 1000))
          expect(ttl).toBeLessThanOrEqual(ttlMax)
          expect(ttl).toBeGreaterThanOrEqual(ttlMin)
        },
      ),
    )
  })
})
