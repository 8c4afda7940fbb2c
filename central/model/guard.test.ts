import { describe, expect, it } from 'vitest'
import { clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import type { RegistryEvent } from './events.ts'
import { evolve } from './evolve.ts'
import type { GuardLimits } from './guard.ts'
import { defaultGuard, guardedFrom } from './guard.ts'
import { deleteRecords, putApp, putRecords, putZone, TestZone } from './records.fixture.ts'
import { draftOf } from './state.ts'

/** What the guard says of commands on a state; empty when it lets them pass. */
function said(
  zone: TestZone,
  commands: readonly Command[],
  limits: GuardLimits = defaultGuard,
): string {
  const after = draftOf(zone.state)
  const events: RegistryEvent[] = []
  for (const command of commands) {
    const decision = decide(after, command)
    if (!decision.ok) throw new Error(decision.rejection.detail)
    for (const event of decision.events) {
      events.push(event)
      evolve(after, { version: zone.version + 1, events: [event] })
    }
  }
  const refusal = guardedFrom({ before: zone.state, after, events }, limits)
  expect(refusal?.rejection.code ?? 'guard').toBe('guard')
  return refusal?.rejection.detail ?? ''
}

const host = (i: number): string => `h${i}.example.`
const puts = (count: number): Command[] =>
  Array.from({ length: count }, (_, i) => putRecords(`${host(i)} A 192.0.2.1`))
const deletes = (count: number): Command[] =>
  Array.from({ length: count }, (_, i) => deleteRecords(`${host(i)} A`))

describe('rrsets of a zone', () => {
  it.each([
    ['half of them', 40, 20, ''],
    [
      'more than half',
      40,
      21,
      'takes 21 of 40 rrsets out of the zone example. (52 %), at most 50 %',
    ],
    ['nearly all of a few', 11, 10, ''],
    ['more than ten of a few', 14, 11, 'takes 11 of 14 rrsets out of the zone example. (78 %)'],
    [
      'the last one',
      1,
      1,
      'takes all 1 rrsets and apps out of the zone example., which empties it',
    ],
    ['none', 3, 0, ''],
  ])('%s', (_what, all, gone, detail) => {
    expect(said(new TestZone(putZone('example'), ...puts(all)), deletes(gone))).toContain(detail)
    if (detail === '') {
      expect(said(new TestZone(putZone('example'), ...puts(all)), deletes(gone))).toBe('')
    }
  })

  it('of another zone do not count', () => {
    const other = Array.from({ length: 100 }, (_, i) => putRecords(`h${i}.sub.example A 192.0.2.1`))
    const zones = [putZone('example'), putZone('sub.example')]
    const zone = new TestZone(...zones, ...other, ...puts(20))
    expect(said(zone, deletes(11))).toContain('takes 11 of 20 rrsets')
  })

  it('that are put again are not gone', () => {
    const zone = new TestZone(putZone('example'), ...puts(20))
    expect(said(zone, [...deletes(20), ...puts(20)])).toBe('')
    expect(said(zone, [...deletes(20), ...puts(20), ...deletes(20)])).toContain('all 20 rrsets')
    expect(said(zone, [...puts(30), ...deletes(30).slice(20)])).toBe('')
  })

  it('go as far as the limits say', () => {
    const zone = new TestZone(putZone('example'), ...puts(20))
    expect(said(zone, deletes(19), { maxRemovedPercent: 95, freeRemovals: 0 })).toBe('')
    const none = { maxRemovedPercent: 0, freeRemovals: 0 }
    expect(said(zone, deletes(1), none)).toContain('takes 1 of 20 rrsets')
    expect(said(zone, deletes(2), { ...none, freeRemovals: 2 })).toBe('')
  })
})

describe('a zone', () => {
  it('that keeps an app is not emptied', () => {
    const zone = new TestZone(putZone('example'), ...puts(5), putApp('app.example'))
    expect(said(zone, deletes(5))).toBe('')
    const app: Command = { type: 'delete-app', name: 'app.example.' }
    expect(said(zone, [...deletes(5), app])).toContain('takes all 6 rrsets and apps')
  })

  it('that goes with all it had is emptied', () => {
    const zone = new TestZone(putZone('example'), ...puts(2))
    const gone: Command = { type: 'delete-zone', apex: 'example.' }
    expect(said(zone, [...deletes(2), gone])).toContain('takes all 2 rrsets')
    expect(said(new TestZone(putZone('example')), [gone])).toBe('')
  })
})

describe('endpoints', () => {
  const clusters = Array.from({ length: 30 }, (_, i) => `c${i}`)
  const putCluster = (id: string): Command => ({
    type: 'put-cluster',
    cluster: clusterSchema.parse({ id, latitude: 0, longitude: 0 }),
  })
  const putEndpoint = (app: string, cluster: string): Command => ({
    type: 'put-endpoint',
    app,
    endpoint: endpointSchema.parse({ cluster, addresses: ['192.0.2.1'] }),
  })
  const apps = ['a.example.', 'b.example.', 'c.example.']
  const mesh = (): TestZone =>
    new TestZone(
      ...clusters.map(putCluster),
      putZone('example'),
      ...apps.map(putApp),
      ...apps.flatMap((app) => clusters.map((cluster) => putEndpoint(app, cluster))),
    )
  const endpointsGone = (app: string, count: number): Command[] =>
    clusters.slice(0, count).map((cluster) => ({ type: 'delete-endpoint', app, cluster }))

  it.each([
    ['half of an app', endpointsGone('a.example.', 15), ''],
    [
      'more than half of an app',
      endpointsGone('a.example.', 16),
      'takes 16 of 30 endpoints from the app a.example. (53 %)',
    ],
    ['all of an app that goes', [{ type: 'delete-app', name: 'a.example.' } as const], ''],
    [
      'more than half of the mesh',
      apps.slice(0, 2).map((name): Command => ({ type: 'delete-app', name })),
      'takes 60 of 90 endpoints out of the mesh (66 %)',
    ],
    [
      'half of each app and a whole one',
      [
        { type: 'delete-app', name: 'a.example.' } as const,
        ...endpointsGone('b.example.', 15),
        ...endpointsGone('c.example.', 1),
      ],
      'takes 46 of 90 endpoints out of the mesh (51 %)',
    ],
  ])('%s', (_what, commands, detail) => {
    const found = said(mesh(), commands)
    expect(detail === '' ? found : found.includes(detail)).toBe(detail === '' ? '' : true)
  })
})
