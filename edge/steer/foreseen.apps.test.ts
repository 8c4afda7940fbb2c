import { afterEach, describe, expect, it, vi } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import {
  CHANGE,
  changeOf,
  cluster,
  createReplica,
  decideNow,
  startForeseen,
  stateOf,
} from './foreseen.fixture.ts'
import { ImaginedEdge } from './imagined-edge.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('a change of an app that is foreseen', () => {
  const own = cluster('own', 0)

  it('has its answers made anew, and those of no other', async () => {
    vi.useFakeTimers({ now: CHANGE - 3_500 })
    const replica = createReplica('full', [own])
    await startForeseen(replica)
    const updates: string[] = []
    replica.applyChange(
      changeOf([stateOf('a.example.', ['own'], CHANGE), stateOf('b.example.', ['own'], undefined)]),
    )
    replica.onChange((update) => updates.push(update.is === 'learned' ? update.key : update.is))
    expect([decideNow(replica, 'a.example.').ttl, decideNow(replica, 'b.example.').ttl]).toEqual([
      2, 1_000,
    ])
    await vi.advanceTimersByTimeAsync(60_000)
    const key = nameKey('a.example.')
    expect(updates).toEqual([key, key, key])
    expect(decideNow(replica, 'a.example.').ttl).toBe(1_000)
  })

  it('of more of them than are taken in one step comes nearer for all', async () => {
    vi.useFakeTimers({ now: CHANGE - 10_000 })
    const replica = createReplica('on-demand', [own])
    const names = Array.from({ length: 250 }, (_, i) => `n${i}.example.`)
    for (const name of names) replica.expect(nameKey(name))
    replica.applyChange(changeOf(names.map((name) => stateOf(name, ['own'], CHANGE))))
    await startForeseen(replica)
    await vi.advanceTimersByTimeAsync(2_100)
    const ttls = names.map((name) => decideNow(replica, name).ttl)
    expect(new Set(ttls)).toEqual(new Set([4]))
  })

  it('is heeded when the name is resolved, and when a whole state comes', async () => {
    vi.useFakeTimers({ now: CHANGE - 20_000 })
    const replica = createReplica('on-demand', [own])
    const state = stateOf('a.example.', ['own'], CHANGE)
    await startForeseen(replica)
    replica.learn(nameKey('a.example.'), state, true, 60)
    expect(decideNow(replica, 'a.example.').ttl).toBe(16)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(decideNow(replica, 'a.example.').ttl).toBe(8)
    replica.applyPart({ first: true, last: true, change: changeOf([state], [own]) }, 'log')
    expect(decideNow(replica, 'a.example.').ttl).toBe(8)
    await vi.advanceTimersByTimeAsync(8_000)
    expect(decideNow(replica, 'a.example.').ttl).toBe(4)
  })

  it.each<[string, number | undefined, number | undefined, { ttl: number; why: string }]>([
    ['nothing', undefined, undefined, { ttl: 30, why: 'none is foreseen' }],
    ['what comes later', 600_000, undefined, { ttl: 30, why: 'none is foreseen sooner' }],
    ['the endpoint', 20_000, 40_000, { ttl: 16, why: 'a change of an endpoint is foreseen' }],
    ['the cluster', 40_000, 20_000, { ttl: 16, why: 'a change of a cluster is foreseen' }],
    ['the bound', 2_000, undefined, { ttl: 5, why: "the app's ttl.min, though a change of an" }],
  ])('is told by explain: %s', (_what, ofApp, ofCluster, { ttl, why }) => {
    const at = (inMs: number | undefined) =>
      inMs === undefined ? {} : { changesAt: CHANGE + inMs }
    const edge = new ImaginedEdge({
      own,
      clusters: [{ ...own, ...at(ofCluster) }],
      epochMs: CHANGE,
    })
    const state = stateOf('a.example.', ['own'], undefined)
    if (state.kind !== 'app') throw new TypeError('it is no app')
    const { answer } = edge.explain({
      edge: 'own',
      name: 'a.example.',
      qtype: TYPE_A,
      app: { ...state.app, ttlMin: 5, ttlMax: 30, ...at(ofApp) },
      version: 1,
      zone: { apex: 'example.', negativeTtl: 30 },
    })
    expect(answer.ttl).toBe(ttl)
    expect(answer.ttlReason).toContain(why)
  })
})
