import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { TYPE_A, TYPE_AAAA, TYPE_TXT } from '../../shared/dns/codes.ts'
import { clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { ReplicaApp } from '../replica/model.ts'
import type { Step } from './steps.ts'
import { decideSteering } from './decide.ts'
import { createTopology } from './topology.ts'

type ClusterInput = Partial<z.input<typeof clusterSchema>>

/** Clusters on the equator, at degrees east; the edge is in `own` at 0. */
const at = (id: string, longitude: number, more: ClusterInput = {}) =>
  clusterSchema.parse({ id, latitude: 0, longitude, ...more })
const on = (cluster: string, more: object = {}) =>
  endpointSchema.parse({ cluster, addresses: ['192.0.2.1'], ...more })

const own = at('own', 0)

function decide(
  clusters: ReturnType<typeof at>[],
  endpoints: ReturnType<typeof on>[],
  qtype: number = TYPE_A,
) {
  const app: ReplicaApp = { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints }
  const steps: Step[] = []
  const decision = decideSteering(app, qtype, createTopology(own, [own, ...clusters]), steps)
  const untraced = decideSteering(app, qtype, createTopology(own, [own, ...clusters]))
  expect(untraced.chosen[0]?.endpoint.cluster).toBe(decision.chosen[0]?.endpoint.cluster)
  return { cluster: decision.chosen[0]?.endpoint.cluster, steps, decision }
}

/** Why a cluster was dropped, and by which step. */
function dropOf(steps: readonly Step[], cluster: string): string | undefined {
  for (const { filter, dropped } of steps) {
    const drop = dropped.find((entry) => entry.cluster === cluster)
    if (drop !== undefined) return `${filter}: ${drop.reason}`
  }
  return undefined
}

describe('the policy nearest', () => {
  it('takes the own cluster, however near others are', () => {
    const { cluster, steps } = decide([at('a', 0.001)], [on('a'), on('own')])
    expect(cluster).toBe('own')
    expect(dropOf(steps, 'a')).toBe("own-cluster-first: the edge's own cluster own is listed")
  })

  it('takes the nearest when the own cluster is not listed, across the date line too', () => {
    const { cluster, steps } = decide([at('a', 100), at('b', -99)], [on('a'), on('b')])
    expect(cluster).toBe('b')
    expect(dropOf(steps, 'a')).toMatch(/^nearest: 1113\d\.\d+ km, the nearest is 110/)
  })

  it.each([
    ['the lower priority number', { priority: 2 }, { priority: 1 }, 'b'],
    ['the higher weight', { weight: 10 }, { weight: 20 }, 'b'],
    ['priority before weight', { priority: 1, weight: 10 }, { priority: 2, weight: 20 }, 'a'],
    ['the first id', {}, {}, 'a'],
  ])('of equally near ones takes %s', (_what, a, b, wanted) => {
    const { cluster } = decide([at('a', 10), at('b', -10)], [on('b', b), on('a', a)])
    expect(cluster).toBe(wanted)
  })

  it('drops a disabled cluster, the own one too, and answers nothing rather than it', () => {
    const disabled = at('a', 1, { state: 'disabled' })
    expect(decide([disabled, at('b', 90)], [on('a'), on('b')]).cluster).toBe('b')
    const { cluster, steps } = decide([disabled], [on('a')])
    expect(cluster).toBeUndefined()
    expect(dropOf(steps, 'a')).toBe('enabled: the cluster is disabled')
  })

  it('uses a draining cluster only where nothing else is left', () => {
    const draining = at('a', 1, { state: 'draining' })
    expect(decide([draining, at('b', 90)], [on('a'), on('b')]).cluster).toBe('b')
    expect(decide([draining], [on('a')]).cluster).toBe('a')
  })

  it.each([
    ['draining', 'b', 'not-draining: the endpoint is draining'],
    ['disabled', 'b', 'enabled: the endpoint is disabled'],
  ])('an endpoint that is %s is as one on such a cluster', (state, wanted, reason) => {
    const { cluster, steps } = decide([at('a', 1), at('b', 90)], [on('a', { state }), on('b')])
    expect(cluster).toBe(wanted)
    expect(dropOf(steps, 'a')).toBe(reason)
  })

  it('uses a draining endpoint where nothing else is left, a disabled one never', () => {
    expect(decide([at('a', 1)], [on('a', { state: 'draining' })]).cluster).toBe('a')
    expect(decide([at('a', 1)], [on('a', { state: 'disabled' })]).cluster).toBeUndefined()
    const draining = [at('a', 1, { state: 'draining' }), at('b', 90)]
    // One is as good as the other, so the nearer is taken.
    expect(decide(draining, [on('a'), on('b', { state: 'draining' })]).cluster).toBe('a')
  })

  it('an own cluster that is draining gives way to another', () => {
    const topology = createTopology(own, [at('own', 0, { state: 'draining' }), at('b', 90)])
    const app: ReplicaApp = {
      policy: 'nearest',
      ttlMin: 5,
      ttlMax: 30,
      endpoints: [on('own'), on('b')],
    }
    expect(decideSteering(app, TYPE_A, topology).chosen[0]?.endpoint.cluster).toBe('b')
  })

  it('drops what has no address of the type, so that an IPv4 client gets an IPv4 cluster', () => {
    const six = on('a', { addresses: ['2001:db8::1'] })
    expect(decide([at('a', 1), at('b', 90)], [six, on('b')]).cluster).toBe('b')
    expect(decide([at('a', 1), at('b', 90)], [six, on('b')], TYPE_AAAA).cluster).toBe('a')
    expect(decide([at('a', 1)], [on('a')], TYPE_TXT).cluster).toBeUndefined()
  })

  it("falls back to the cluster's own addresses", () => {
    const cluster = at('a', 1, { addresses: ['198.51.100.1', '2001:db8::2'] })
    const { decision } = decide([cluster], [on('a', { addresses: [] })], TYPE_AAAA)
    expect(decision.chosen[0]?.addresses).toEqual(['2001:db8::2'])
  })

  it('drops an endpoint on a cluster that is not in the topology', () => {
    const { cluster, steps } = decide([at('a', 90)], [on('a'), on('ghost')])
    expect(cluster).toBe('a')
    expect(dropOf(steps, 'ghost')).toBe('listed: the cluster is not in the topology')
  })
})

it('every step says of each candidate whether it was kept or dropped', () => {
  const { steps } = decide([at('a', 10), at('b', 20), at('c', 30)], [on('a'), on('b'), on('c')])
  let before = ['a', 'b', 'c']
  for (const { kept, dropped } of steps) {
    expect([...kept, ...dropped.map((entry) => entry.cluster)].sort()).toEqual(before)
    before = [...kept].sort()
  }
  expect(before).toEqual(['a'])
})
