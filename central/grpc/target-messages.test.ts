import { expect, it } from 'vitest'
import { appSchema, clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { nameStateMessage } from './messages.ts'

const app = 'web.example.'

function messageOf(value: object, ...endpoints: readonly object[]): unknown {
  const events: readonly RegistryEvent[] = [
    { type: 'cluster-put', cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }) },
    { type: 'app-put', app: appSchema.parse({ name: app, ...value }) },
    ...endpoints.map((endpoint) => ({
      type: 'endpoint-put' as const,
      app,
      endpoint: endpointSchema.parse({ cluster: 'sfo', ...endpoint }),
    })),
  ]
  const state = emptyState()
  evolve(state, { version: 1, events })
  return nameStateMessage(state, app, 1).app
}

it('edges hear of targets and services', () => {
  const service = { alpn: ['h2'], port: 8443 }
  expect(messageOf({ service }, { target: 'CDN.test' })).toMatchObject({
    endpoints: [{ addresses: [], target: 'cdn.test.' }],
    service: { ...service, https: true, srv: true },
  })
  expect(messageOf({ service: { https: false } })).toMatchObject({
    service: { alpn: [], port: 0, https: false, srv: true },
  })
})

it('where there is neither, nothing is told', () => {
  expect(messageOf({}, { addresses: ['192.0.2.1'] })).toMatchObject({
    endpoints: [{ addresses: ['192.0.2.1'], target: '' }],
    service: null,
  })
})
