import { describe, expect, it } from 'vitest'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { emptyState } from '../model/state.ts'
import { LatencyTable } from './latency-table.ts'

/** A table of a registry with clusters. */
function tableWith(...ids: readonly string[]): LatencyTable {
  const state = emptyState()
  for (const id of ids) {
    const value = clusterSchema.parse({ id, latitude: 0, longitude: 0 })
    state.clusters.set(id, { value, version: 1 })
  }
  return new LatencyTable({ state })
}

const roundTrip = (cluster: string, microseconds: number) => ({ cluster, microseconds })

describe('a table of round trips', () => {
  it('holds for each session what it has told last', () => {
    const table = tableWith('sfo', 'lhr')
    const [a, b] = [table.open('a'), table.open('b')]
    expect(a.report([roundTrip('sfo', 50), roundTrip('lhr', 130_000)])).toBeUndefined()
    expect(b.report([roundTrip('lhr', 70)])).toBeUndefined()
    expect(a.report([roundTrip('lhr', 150_000)])).toBeUndefined()
    expect(table.rowOf('a')).toEqual(new Map(Object.entries({ sfo: 50, lhr: 150_000 })))
    expect(table.rowOf('b')).toEqual(new Map(Object.entries({ lhr: 70 })))
    expect(table.size).toBe(3)
  })

  it('forgets what an edge does not know any more, of a deleted cluster too', () => {
    const state = emptyState()
    const value = clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 })
    state.clusters.set('sfo', { value, version: 1 })
    const table = new LatencyTable({ state })
    const session = table.open('a')
    session.report([roundTrip('sfo', 50)])
    state.clusters.delete('sfo')
    session.report([roundTrip('sfo', 0), roundTrip('nowhere', 0)])
    expect([table.size, table.ignored['unknown-cluster']]).toEqual([0, 0])
  })

  it('loses the row of a session with its stream', () => {
    const table = tableWith('sfo')
    const session = table.open('a')
    session.report([roundTrip('sfo', 50)])
    session.close()
    expect([table.rowOf('a'), table.size]).toEqual([undefined, 0])
  })

  it('begins the row anew for a later stream of the session, whose end is its own', () => {
    const table = tableWith('sfo', 'lhr')
    const before = table.open('a')
    before.report([roundTrip('sfo', 50)])
    const after = table.open('a')
    after.report([roundTrip('lhr', 70)])
    before.close()
    expect(table.rowOf('a')).toEqual(new Map([['lhr', 70]]))
  })
})

describe('what cannot be', () => {
  it.each([
    { reason: 'unknown-cluster', one: roundTrip('nowhere', 5) },
    { reason: 'unknown-cluster', one: roundTrip('', 5) },
    { reason: 'too-long', one: roundTrip('sfo', 60_000_001) },
    { reason: 'too-long', one: roundTrip('sfo', 0xffff_ffff) },
  ] as const)('is left out and counted as $reason: $one', ({ reason, one }) => {
    const table = tableWith('sfo', 'lhr')
    const session = table.open('a')
    expect(session.report([one, roundTrip('lhr', 60_000_000)])).toBeUndefined()
    expect(table.rowOf('a')).toEqual(new Map([['lhr', 60_000_000]]))
    expect(table.ignored).toEqual({
      'unknown-cluster': 0,
      'too-long': 0,
      'too-many': 0,
      [reason]: 1,
    })
  })

  it('are more than 1,000 clusters of one edge', () => {
    const ids = Array.from({ length: 1_010 }, (_, i) => `c${i}`)
    const table = tableWith(...ids)
    const session = table.open('a')
    session.report(ids.slice(0, 1_000).map((id) => roundTrip(id, 5)))
    session.report(ids.slice(990).map((id) => roundTrip(id, 7)))
    expect([table.size, table.ignored['too-many']]).toEqual([1_000, 10])
    // Those that are held change, and one that goes makes room.
    expect(table.rowOf('a')?.get('c999')).toBe(7)
    session.report([roundTrip('c0', 0), roundTrip('c1009', 9)])
    expect([table.size, table.rowOf('a')?.get('c1009')]).toEqual([1_000, 9])
  })

  it('is a report of more than 1,000, which is refused as a whole', () => {
    const table = tableWith('sfo')
    const session = table.open('a')
    const roundTrips = Array.from({ length: 1_001 }, () => roundTrip('sfo', 5))
    expect(session.report(roundTrips)).toBe(
      'a report holds 1001 round trips, at most 1000 are possible',
    )
    expect(table.size).toBe(0)
  })
})
