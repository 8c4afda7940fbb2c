import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isAtOrUnder, parentOf } from '../../shared/dns/name.ts'
import { countAtOrBelow } from './counts.ts'
import type { Command } from './decide.ts'
import { evolve } from './evolve.ts'
import { isWildcard, rrsetAt, zoneOfRrset } from './records.ts'
import { deleteRecords, putApp, putRecords, putZone, TestZone } from './records.fixture.ts'
import { draftOf, emptyState, zoneOf } from './state.ts'
import type { RegistryState } from './state.ts'
import { stateHash } from './state-hash.ts'

/** Few names, so that they meet: two zones, one below the other, wildcards, depths. */
const names = ['', 'a.', 'b.a.', '*.', '*.a.', 'sub.', 'c.sub.', 'd.c.sub.'].map(
  (labels) => `${labels}example.`,
)
const rdatas: Readonly<Record<string, string>> = {
  A: '192.0.2.1',
  TXT: 'x',
  CNAME: 'a.example.',
  DNAME: 'other.test.',
  NS: 'ns.test.',
  DS: `1 13 2 ${'ab'.repeat(32)}`,
  HTTPS: '1 .',
}

const name = fc.constantFrom(...names)
const type = fc.constantFrom(...Object.keys(rdatas))
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(name, type).map(([at, of]) => putRecords(`${at} ${of} ${rdatas[of]}`)),
  },
  { weight: 3, arbitrary: fc.tuple(name, type).map(([at, of]) => deleteRecords(`${at} ${of}`)) },
  { weight: 2, arbitrary: name.map(putApp) },
  { weight: 1, arbitrary: name.map((at): Command => ({ type: 'delete-app', name: at })) },
  { weight: 2, arbitrary: fc.constantFrom('example.', 'sub.example.').map(putZone) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('example.', 'sub.example.')
      .map((apex): Command => ({ type: 'delete-zone', apex })),
  },
)

/** The rules of a zone (RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 4592 §4, RFC 6672 §2), those that are broken. */
function broken(state: RegistryState): readonly string[] {
  const wrong: string[] = []
  for (const at of new Set([...state.records.keys(), ...state.apps.keys()])) {
    const types = (state.records.get(at) ?? []).map(({ value }) => value.type)
    const has = (of: string): boolean => types.includes(of)
    const isApex = state.zones.has(at)
    const zone = zoneOf(state, at)?.value.apex
    for (const of of types) {
      if (zoneOfRrset(state, at, of) === undefined) wrong.push(`${at} ${of} is in no zone`)
    }
    if (has('CNAME') && (types.length > 1 || isApex || state.apps.has(at)))
      wrong.push(`${at} CNAME`)
    if (has('NS') && (isApex || has('DNAME') || isWildcard(at))) wrong.push(`${at} NS`)
    if (has('DNAME') && isWildcard(at)) wrong.push(`${at} DNAME`)
    if (state.apps.has(at) && ['A', 'HTTPS', 'DNAME', 'NS'].some(has)) wrong.push(`${at} app`)
    if (state.apps.has(at) && zone === undefined) wrong.push(`${at} app in no zone`)
    for (let up = parentOf(at); up !== undefined; up = parentOf(up)) {
      if (zone === undefined || at === zone || !isAtOrUnder(up, zone)) break
      if (rrsetAt(state, up, 'DNAME') !== undefined) wrong.push(`${at} below DNAME of ${up}`)
      if (state.apps.has(at) && up !== zone && rrsetAt(state, up, 'NS') !== undefined) {
        wrong.push(`app ${at} below NS of ${up}`)
      }
    }
  }
  const standing = [state.zones, state.apps, state.records]
  for (const at of names) {
    const below = names.filter((each) => isAtOrUnder(each, at))
    const there = below.flatMap((each) => standing.filter((table) => table.has(each))).length
    const counted = countAtOrBelow(state, at)
    if (there !== counted) wrong.push(`${at} has ${there} below it, ${counted} are counted`)
  }
  return wrong
}

it('whatever commands come, no rule of a zone is ever broken', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const zone = new TestZone(putZone('example'))
      for (const each of commands) {
        zone.put(each)
        expect(broken(zone.state)).toEqual([])
      }
    }),
    { numRuns: 150 },
  )
})

it('a draft and the state come to the same, and dropping the draft leaves no trace', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const zone = new TestZone(putZone('example'))
      const before = emptyState()
      evolve(before, {
        version: 1,
        events: [{ type: 'zone-put', zone: zone.state.zones.get('example.')?.value ?? failed() }],
      })
      const draft = draftOf(before)
      for (const each of commands) {
        const said = zone.put(each)
        if (typeof said === 'string' || said.length === 0) continue
        evolve(draft, { version: zone.version, events: said })
      }
      expect(stateHash(draft)).toBe(stateHash(zone.state))
      expect(before.records.size).toBe(0)
    }),
    { numRuns: 100 },
  )
})

function failed(): never {
  throw new Error('there is no zone')
}
