import { describe, expect, test } from 'vitest'
import type { Endpoint, ManifestInput } from '../../shared/registry/schema.ts'
import { appSchema, endpointSchema, manifestSchema } from '../../shared/registry/schema.ts'
import type { Command } from '../model/decide.ts'
import { decide } from '../model/decide.ts'
import { evolve } from '../model/evolve.ts'
import type { RegistryState } from '../model/state.ts'
import { emptyState } from '../model/state.ts'
import { planApp, planManifest, presenceOf } from './plan.ts'

/** The commands of a manifest, each as one short line. */
function planOf(state: RegistryState, raw: ManifestInput, prune = false): readonly string[] {
  const manifest = manifestSchema.parse(raw)
  return planManifest(state, manifest, presenceOf(raw), { prune }).map(lineOf)
}

function lineOf(command: Command): string {
  switch (command.type) {
    case 'put-cluster':
      return `put cluster ${command.cluster.id}`
    case 'delete-cluster':
      return `delete cluster ${command.id}`
    case 'put-network':
      return `put network ${command.network.id}`
    case 'delete-network':
      return `delete network ${command.id}`
    case 'put-zone':
      return `put zone ${command.zone.apex}`
    case 'delete-zone':
      return `delete zone ${command.apex}`
    case 'put-app':
      return `put app ${command.app.name}`
    case 'delete-app':
      return `delete app ${command.name}`
    case 'put-endpoint':
      return `put endpoint ${command.app} ${command.endpoint.cluster}`
    case 'delete-endpoint':
      return `delete endpoint ${command.app} ${command.cluster}`
    default:
      throw new TypeError('unknown command')
  }
}

/** The state after a manifest. */
function given(raw: ManifestInput): RegistryState {
  const state = emptyState()
  apply(state, raw, false)
  return state
}

function apply(state: RegistryState, raw: ManifestInput, prune: boolean): void {
  const commands = planManifest(state, manifestSchema.parse(raw), presenceOf(raw), { prune })
  for (const command of commands) {
    const decision = decide(state, command)
    if (!decision.ok) throw new TypeError(decision.rejection.detail)
    evolve(state, { version: 1, events: decision.events })
  }
}

const cluster = (id: string) => ({ id, latitude: 1, longitude: 1, addresses: ['192.0.2.1'] })
const zone = (apex: string) => ({ apex, ns: ['ns.example'] })
const endpoint = (id: string): Endpoint => endpointSchema.parse({ cluster: id })

const mesh = {
  clusters: [cluster('sfo'), cluster('lhr')],
  zones: [zone('example'), zone('example.org')],
  apps: [
    { name: 'a.example', endpoints: [endpoint('sfo'), endpoint('lhr')] },
    { name: 'b.example.org', endpoints: [endpoint('lhr')] },
  ],
}

describe('a manifest', () => {
  test('given nothing, puts from the roots down', () => {
    expect(planOf(emptyState(), mesh)).toEqual([
      'put cluster sfo',
      'put cluster lhr',
      'put zone example.',
      'put zone example.org.',
      'put app a.example.',
      'put app b.example.org.',
      'put endpoint a.example. sfo',
      'put endpoint a.example. lhr',
      'put endpoint b.example.org. lhr',
    ])
  })

  test('given an app, replaces the endpoints that it lists', () => {
    const apps = [{ name: 'a.example', endpoints: [endpoint('lhr')] }]
    expect(planOf(given(mesh), { apps })).toEqual([
      'delete endpoint a.example. sfo',
      'put app a.example.',
      'put endpoint a.example. lhr',
    ])
  })

  test('given an app, leaves its endpoints when it lists none, and takes all when the list is empty', () => {
    expect(planOf(given(mesh), { apps: [{ name: 'a.example' }] })).toEqual(['put app a.example.'])
    expect(planOf(given(mesh), { apps: [{ name: 'a.example', endpoints: [] }] })).toEqual([
      'delete endpoint a.example. sfo',
      'delete endpoint a.example. lhr',
      'put app a.example.',
    ])
  })
})

describe('prune', () => {
  test('deletes from the leaves up, before anything is put', () => {
    const next = {
      clusters: [cluster('sfo'), cluster('ewr')],
      zones: [zone('example')],
      apps: [{ name: 'a.example', endpoints: [endpoint('ewr')] }],
    }
    expect(planOf(given(mesh), next, true)).toEqual([
      'delete endpoint a.example. sfo',
      'delete endpoint a.example. lhr',
      'delete app b.example.org.',
      'delete zone example.org.',
      'delete cluster lhr',
      'put cluster sfo',
      'put cluster ewr',
      'put zone example.',
      'put app a.example.',
      'put endpoint a.example. ewr',
    ])
  })

  test('deletes everything when all lists are empty', () => {
    const state = given(mesh)
    apply(state, { clusters: [], zones: [], apps: [] }, true)
    expect([state.clusters.size, state.zones.size, state.apps.size]).toEqual([0, 0, 0])
    expect([...state.clusterUse.keys(), ...state.descendants.keys()]).toEqual([])
  })

  test.each<[string, ManifestInput, readonly string[]]>([
    ['nothing', {}, []],
    ['apps', { apps: [] }, ['delete app a.example.', 'delete app b.example.org.']],
    ['zones', { zones: [zone('example')] }, ['delete zone example.org.', 'put zone example.']],
    ['clusters', { clusters: [cluster('sfo')] }, ['delete cluster lhr', 'put cluster sfo']],
  ])('touches only the kinds that the manifest lists: %s', (_title, raw, wanted) => {
    expect(planOf(given(mesh), raw, true)).toEqual(wanted)
  })
})

describe('networks', () => {
  const network = (id: string, prefixes: readonly string[], cluster = 'sfo') => ({
    id,
    prefixes: [...prefixes],
    cluster,
  })
  const a = network('a', ['192.0.2.0/24', '198.51.100.0/24'])
  const b = network('b', ['203.0.113.0/24'], 'lhr')
  const clusters = [cluster('sfo'), cluster('lhr')]

  test('come after the clusters that they may name', () => {
    expect(planOf(emptyState(), { networks: [a, b], clusters })).toEqual([
      'put cluster sfo',
      'put cluster lhr',
      'put network a',
      'put network b',
    ])
  })

  test('that get fewer prefixes go first, and others take what those give up', () => {
    const state = given({ clusters, networks: [a, b] })
    const networks = [
      network('c', ['203.0.113.0/24']),
      network('b', ['198.51.100.0/24', '2001:db8::/32']),
      network('a', ['192.0.2.0/24']),
    ]
    expect(planOf(state, { networks })).toEqual(['put network a', 'put network c', 'put network b'])
    apply(state, { networks }, false)
    expect(state.prefixes.get('203.0.113.0/24')).toBe('c')
    expect(state.prefixes.get('198.51.100.0/24')).toBe('b')
    expect(state.prefixes.size).toBe(4)
  })

  test('that are pruned go before the clusters that they name, those that leave one before it', () => {
    const state = given({ clusters, networks: [a, b] })
    const next = { clusters: [cluster('ewr')], networks: [{ ...b, cluster: 'ewr' }] }
    expect(planOf(state, next, true)).toEqual([
      'delete network a',
      'delete cluster sfo',
      'put cluster ewr',
      'put network b',
      'delete cluster lhr',
    ])
    apply(state, next, true)
    expect([...state.clusters.keys()]).toEqual(['ewr'])
  })
})

describe('an app', () => {
  const app = appSchema.parse({ name: 'a.example' })

  test('carries the precondition on its own command', () => {
    expect(planApp(emptyState(), app, undefined, 7)).toEqual([{ type: 'put-app', app, if: 7 }])
    expect(planApp(emptyState(), app, undefined, undefined)).toEqual([{ type: 'put-app', app }])
  })

  test('given endpoints, replaces the list', () => {
    const commands = planApp(given(mesh), app, [endpoint('sfo')], undefined)
    expect(commands.map(lineOf)).toEqual([
      'put app a.example.',
      'delete endpoint a.example. lhr',
      'put endpoint a.example. sfo',
    ])
  })
})

test.each([null, 1, 'x', [], { apps: 1 }, { apps: null }])(
  'lists that are none are not present: %j',
  (raw) => {
    expect(presenceOf(raw)).toEqual({
      clusters: false,
      zones: false,
      networks: false,
      records: false,
      apps: false,
      endpoints: [],
    })
  },
)
