import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NETWORK_PREFIXES_TOTAL_MAX, NETWORKS_MAX } from '../../shared/registry/limits.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import { reject } from './decision.ts'
import type { RegistryEvent } from './events.ts'
import { evolve } from './evolve.ts'
import { stateHash } from './state-hash.ts'
import type { RegistryState, Table } from './state.ts'
import { draftOf, emptyState } from './state.ts'

const place = { latitude: 1, longitude: 2 }
const network = (id: string, prefixes: readonly string[], cluster?: string): Network =>
  networkSchema.parse({ id, prefixes, ...(cluster === undefined ? place : { cluster }) })
const put = (network: Network): RegistryEvent => ({ type: 'network-put', network })
const sfo: RegistryEvent = {
  type: 'cluster-put',
  cluster: clusterSchema.parse({ id: 'sfo', ...place }),
}

/** Each event is a change of its own: versions count from 1. */
function given(...events: readonly RegistryEvent[]): RegistryState {
  const state = emptyState()
  events.forEach((event, i) => evolve(state, { version: i + 1, events: [event] }))
  return state
}

const office = network('office', ['192.0.2.0/24', '2001:db8::/48'])
const atSfo = network('office', ['192.0.2.0/24'], 'sfo')
const lab = network('lab', ['198.51.100.0/24'])

describe('accepted commands', () => {
  it.each<[string, readonly RegistryEvent[], Command, readonly RegistryEvent[]]>([
    ['a new network', [], { type: 'put-network', network: office }, [put(office)]],
    ['one at a cluster', [sfo], { type: 'put-network', network: atSfo }, [put(atSfo)]],
    ['the same again', [put(office)], { type: 'put-network', network: office }, []],
    [
      'one that moves to a cluster and gives up a prefix',
      [sfo, put(office)],
      { type: 'put-network', network: atSfo, if: 2 },
      [put(atSfo)],
    ],
    [
      'a prefix within that of another',
      [put(office)],
      { type: 'put-network', network: network('lab', ['192.0.2.0/25', '192.0.2.0/23']) },
      [put(network('lab', ['192.0.2.0/25', '192.0.2.0/23']))],
    ],
    [
      'a prefix that another had',
      [put(office), { type: 'network-deleted', id: 'office' }],
      { type: 'put-network', network: network('lab', ['192.0.2.0/24']) },
      [put(network('lab', ['192.0.2.0/24']))],
    ],
    [
      'a prefix that another gives up in the same change',
      [put(office)],
      {
        type: 'put-network',
        network: network('lab', ['192.0.2.0/24']),
        released: new Map([['192.0.2.0/24', 'office']]),
      },
      [put(network('lab', ['192.0.2.0/24']))],
    ],
    [
      'a delete',
      [put(office)],
      { type: 'delete-network', id: 'office' },
      [{ type: 'network-deleted', id: 'office' }],
    ],
    [
      'the delete of a cluster that no network names any more',
      [sfo, put(atSfo), put(office)],
      { type: 'delete-cluster', id: 'sfo' },
      [{ type: 'cluster-deleted', id: 'sfo' }],
    ],
  ])('%s', (_what, events, command, wanted) => {
    expect(decide(given(...events), command)).toEqual({ ok: true, events: wanted })
  })
})

describe('refused commands', () => {
  it.each<[string, readonly RegistryEvent[], Command, string, string]>([
    [
      'a prefix of another network',
      [put(office)],
      { type: 'put-network', network: network('lab', ['198.51.100.0/24', '2001:db8::/48']) },
      'prefix-taken',
      'prefix 2001:db8::/48 belongs to network office, take it out there first',
    ],
    [
      'a prefix that a third one gives up',
      [put(office), put(lab)],
      {
        type: 'put-network',
        network: network('new', ['192.0.2.0/24']),
        released: new Map([['192.0.2.0/24', 'lab']]),
      },
      'prefix-taken',
      'prefix 192.0.2.0/24 belongs to network office, take it out there first',
    ],
    [
      'a cluster that is not there',
      [],
      { type: 'put-network', network: atSfo },
      'cluster-missing',
      'cluster sfo is not registered, put it first',
    ],
    [
      'the delete of a cluster that a network names',
      [sfo, put(atSfo)],
      { type: 'delete-cluster', id: 'sfo' },
      'cluster-in-use',
      'cluster sfo is named by 1 networks, delete them first',
    ],
    [
      'the delete of nothing',
      [],
      { type: 'delete-network', id: 'office' },
      'not-found',
      'network office does not exist',
    ],
    [
      'another version than wanted',
      [put(office)],
      { type: 'put-network', network: atSfo, if: 7 },
      'precondition-failed',
      'network office is at version 1, version 7 is wanted',
    ],
    [
      'what must not exist',
      [put(office)],
      { type: 'put-network', network: office, if: 'none' },
      'precondition-failed',
      'network office is at version 1, it must not exist',
    ],
  ])('%s', (_what, events, command, code, detail) => {
    expect(decide(given(...events), command)).toEqual({ ok: false, rejection: { code, detail } })
  })
})

describe('at the bounds', () => {
  /** Prefixes of 128 bits, each its own. */
  const addresses = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, i) => {
      const number = from + i
      return `2001:db8::${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}/128`
    })

  it('there is no network more than can be, but each can be changed', () => {
    const state = emptyState()
    for (let i = 0; i < NETWORKS_MAX; i++) {
      const value = { ...place, id: `n${i}`, prefixes: addresses(i, 1) }
      evolve(state, { version: 1, events: [put(value)] })
    }
    expect(decide(state, { type: 'put-network', network: office })).toEqual(
      reject('too-many', 'there are 20000 networks, at most 20000 are possible'),
    )
    const changed = { ...office, id: 'n7' }
    expect(decide(state, { type: 'put-network', network: changed }).ok).toBe(true)
  })

  it('all networks together have no more prefixes than can be', () => {
    const state = emptyState()
    const each = 1000
    for (let i = 0; i < NETWORK_PREFIXES_TOTAL_MAX / each; i++) {
      const value = { ...place, id: `n${i}`, prefixes: addresses(i * each, each) }
      evolve(state, { version: 1, events: [put(value)] })
    }
    expect(decide(state, { type: 'put-network', network: office })).toEqual(
      reject('too-many', 'all networks would have 100002 prefixes, at most 100000 are possible'),
    )
    // Those of the network itself that go make room for those that come.
    const other = addresses(NETWORK_PREFIXES_TOTAL_MAX, each)
    const replaced = { ...place, id: 'n0', prefixes: other }
    expect(decide(state, { type: 'put-network', network: replaced }).ok).toBe(true)
    const fewer = { ...place, id: 'n0', prefixes: addresses(0, 1) }
    evolve(state, { version: 2, events: [put(fewer)] })
    expect(decide(state, { type: 'put-network', network: office }).ok).toBe(true)
  })
})

describe('whatever is done', () => {
  const id = fc.constantFrom('office', 'lab', 'vpn')
  const prefixes = fc.subarray(
    ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'],
    { minLength: 1 },
  )
  const cluster = fc.constantFrom('sfo', 'lhr')
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc
      .tuple(id, prefixes, fc.option(cluster, { nil: undefined }))
      .map(([id, prefixes, cluster]) => ({
        type: 'put-network' as const,
        network: network(id, prefixes, cluster),
      })),
    id.map((id) => ({ type: 'delete-network' as const, id })),
    cluster.map((id) => ({
      type: 'put-cluster' as const,
      cluster: clusterSchema.parse({ id, ...place }),
    })),
    cluster.map((id) => ({ type: 'delete-cluster' as const, id })),
  )
  const commands = fc.array(command, { maxLength: 40 })

  function run(state: RegistryState, commands: readonly Command[]): RegistryEvent[] {
    const events: RegistryEvent[] = []
    for (const one of commands) {
      const decision = decide(state, one)
      if (!decision.ok) continue
      evolve(state, { version: 1, events: decision.events })
      events.push(...decision.events)
    }
    return events
  }

  /** What is derived of the networks of a state, and what a count by hand gives. */
  function derivedOf(state: RegistryState): readonly [found: object, wanted: object] {
    const holders = new Map<string, string>()
    const uses = new Map<string, number>()
    for (const { value } of state.networks.values()) {
      for (const prefix of value.prefixes) {
        // One that two networks have gives two entries where the index has one.
        holders.set(holders.has(prefix) ? `${prefix} twice` : prefix, value.id)
      }
      if (value.cluster === undefined) continue
      const isThere = state.clusters.has(value.cluster) ? '' : ' is not there'
      const key = `${value.cluster}${isThere}`
      uses.set(key, (uses.get(key) ?? 0) + 1)
    }
    const entries = <T>(table: Table<string, T>) => ({
      size: table.size,
      of: new Map([...table.keys()].map((key) => [key, table.get(key)])),
    })
    const found = { prefixes: entries(state.prefixes), uses: entries(state.clusterNetworks) }
    return [found, { prefixes: entries(holders), uses: entries(uses) }]
  }

  it('a prefix is in one network, clusters that are named exist, and the index says so', () => {
    fc.assert(
      fc.property(commands, (commands) => {
        const state = emptyState()
        run(state, commands)
        const [found, wanted] = derivedOf(state)
        expect(found).toEqual(wanted)
      }),
    )
  })

  it('a draft takes it and leaves what it lies on', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const state = emptyState()
        run(state, before)
        const hash = stateHash(state)
        const draft = draftOf(state)
        run(draft, after)
        const [found, wanted] = derivedOf(draft)
        expect(found).toEqual(wanted)
        expect(stateHash(state)).toBe(hash)
        const [foundBelow, wantedBelow] = derivedOf(state)
        expect(foundBelow).toEqual(wantedBelow)
      }),
    )
  })

  it('a replay gives the same hash, and another network another one', () => {
    fc.assert(
      fc.property(commands, (commands) => {
        const state = emptyState()
        const events = run(state, commands)
        const replayed = emptyState()
        for (const event of events) evolve(replayed, { version: 1, events: [event] })
        expect(stateHash(replayed)).toBe(stateHash(state))
        evolve(replayed, { version: 1, events: [put(network('other', ['192.0.2.128/25']))] })
        expect(stateHash(replayed)).not.toBe(stateHash(state))
      }),
    )
  })
})
