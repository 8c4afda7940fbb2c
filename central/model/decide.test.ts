import { describe, expect, it } from 'vitest'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { App, Cluster, Endpoint, Zone } from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import type { RegistryEvent } from './events.ts'
import { evolve } from './evolve.ts'
import { emptyState } from './state.ts'

const zone = (apex: string): Zone => zoneSchema.parse({ apex, ns: [`ns.${apex}`] })
const app = (name: string, ttlMax = 30): App => appSchema.parse({ name, ttl: { max: ttlMax } })
const cluster = (id: string, addresses: string[] = []): Cluster =>
  clusterSchema.parse({ id, latitude: 1, longitude: 2, addresses })
const endpoint = (cluster: string, addresses: string[] = ['192.0.2.1']): Endpoint =>
  endpointSchema.parse({ cluster, addresses })

const zoneExample: RegistryEvent = { type: 'zone-put', zone: zone('example') }
const appVideo: RegistryEvent = { type: 'app-put', app: app('video.example') }
const clusterSfo: RegistryEvent = { type: 'cluster-put', cluster: cluster('sfo') }
const endpointSfo: RegistryEvent = {
  type: 'endpoint-put',
  app: 'video.example.',
  endpoint: endpoint('sfo'),
}

/** Each event is a change of its own: versions count from 1. */
function given(...events: readonly RegistryEvent[]) {
  const state = emptyState()
  events.forEach((event, i) => evolve(state, { version: i + 1, events: [event] }))
  return { when: (command: Command) => decide(state, command) }
}

describe('accepted commands', () => {
  const cases: readonly (readonly [string, readonly RegistryEvent[], Command, RegistryEvent[]])[] =
    [
      ['a new cluster', [], { type: 'put-cluster', cluster: cluster('sfo') }, [clusterSfo]],
      [
        'the same cluster again',
        [clusterSfo],
        { type: 'put-cluster', cluster: cluster('sfo') },
        [],
      ],
      [
        'a cluster without endpoints is deleted',
        [clusterSfo],
        { type: 'delete-cluster', id: 'sfo' },
        [{ type: 'cluster-deleted', id: 'sfo' }],
      ],
      ['a new zone', [], { type: 'put-zone', zone: zone('example') }, [zoneExample]],
      ['a new app', [zoneExample], { type: 'put-app', app: app('video.example') }, [appVideo]],
      [
        'an app with another TTL',
        [zoneExample, appVideo],
        { type: 'put-app', app: app('video.example', 60) },
        [{ type: 'app-put', app: app('video.example', 60) }],
      ],
      [
        'the same app again',
        [zoneExample, appVideo],
        { type: 'put-app', app: app('video.example') },
        [],
      ],
      [
        'an endpoint',
        [zoneExample, appVideo, clusterSfo],
        { type: 'put-endpoint', app: 'video.example.', endpoint: endpoint('sfo') },
        [endpointSfo],
      ],
      [
        'an endpoint with the addresses of its cluster',
        [zoneExample, appVideo, { type: 'cluster-put', cluster: cluster('sfo', ['192.0.2.9']) }],
        { type: 'put-endpoint', app: 'video.example.', endpoint: endpoint('sfo', []) },
        [{ type: 'endpoint-put', app: 'video.example.', endpoint: endpoint('sfo', []) }],
      ],
      [
        'a zone whose apps lie in a zone below it is deleted',
        [zoneExample, { type: 'zone-put', zone: zone('video.example') }, appVideo],
        { type: 'delete-zone', apex: 'example.' },
        [{ type: 'zone-deleted', apex: 'example.' }],
      ],
      [
        'the wanted version',
        [zoneExample, appVideo],
        { type: 'delete-app', name: 'video.example.', if: 2 },
        [{ type: 'app-deleted', name: 'video.example.' }],
      ],
    ]
  it.each(cases)('%s', (_name, events, command, wanted) => {
    expect(given(...events).when(command)).toEqual({ ok: true, events: wanted })
  })
})

describe('refused commands', () => {
  const cases: readonly (readonly [string, readonly RegistryEvent[], Command, string, RegExp])[] = [
    [
      'app without a zone',
      [],
      { type: 'put-app', app: app('video.example') },
      'zone-missing',
      /video\.example\./,
    ],
    [
      'zone with apps',
      [zoneExample, appVideo],
      { type: 'delete-zone', apex: 'example.' },
      'zone-in-use',
      /has apps/,
    ],
    [
      'cluster with endpoints',
      [zoneExample, appVideo, clusterSfo, endpointSfo],
      { type: 'delete-cluster', id: 'sfo' },
      'cluster-in-use',
      /sfo has 1 endpoints/,
    ],
    [
      'endpoint of no app',
      [zoneExample, clusterSfo],
      { type: 'put-endpoint', app: 'video.example.', endpoint: endpoint('sfo') },
      'app-missing',
      /video\.example\. is not registered/,
    ],
    [
      'endpoint on no cluster',
      [zoneExample, appVideo],
      { type: 'put-endpoint', app: 'video.example.', endpoint: endpoint('sfo') },
      'cluster-missing',
      /sfo is not registered/,
    ],
    [
      'endpoint without any address',
      [zoneExample, appVideo, clusterSfo],
      { type: 'put-endpoint', app: 'video.example.', endpoint: endpoint('sfo', []) },
      'address-missing',
      /has no addresses/,
    ],
    ['delete of nothing', [], { type: 'delete-cluster', id: 'sfo' }, 'not-found', /does not exist/],
    [
      'another version than wanted',
      [clusterSfo],
      { type: 'delete-cluster', id: 'sfo', if: 7 },
      'precondition-failed',
      /is at version 1, version 7 is wanted/,
    ],
    [
      'a version of nothing',
      [],
      { type: 'put-cluster', cluster: cluster('sfo'), if: 7 },
      'precondition-failed',
      /does not exist, version 7 is wanted/,
    ],
    [
      'what must not exist',
      [clusterSfo],
      { type: 'put-cluster', cluster: cluster('sfo'), if: 'none' },
      'precondition-failed',
      /must not exist/,
    ],
    [
      'what must exist',
      [],
      { type: 'put-cluster', cluster: cluster('sfo'), if: 'any' },
      'precondition-failed',
      /must exist/,
    ],
  ]
  it.each(cases)('%s', (_name, events, command, code, detail) => {
    const decision = given(...events).when(command)
    expect(decision).toMatchObject({ ok: false, rejection: { code } })
    expect(decision.ok ? '' : decision.rejection.detail).toMatch(detail)
  })
})
