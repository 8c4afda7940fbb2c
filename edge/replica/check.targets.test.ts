import { expect, it } from 'vitest'
import type { App } from '../../shared/rpc/generated/meridian/v1/App.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { checkChange } from './check.ts'
import type { ReplicaApp } from './model.ts'

const { Watch } = loadProto().meridian.v1.Sync.service

/** What the edge makes of an app, as it comes over the wire. */
function receive(more: App): ReplicaApp | undefined {
  const app = { policy: 'nearest', ttlMin: 5, ttlMax: 30, ...more }
  const names = [{ name: 'video.example.', kind: 'APP' as const, version: 1, app }]
  const wire = Watch.responseSerialize({ change: { version: 1, names } })
  const { change } = Watch.responseDeserialize(wire)
  const [state] = change ? checkChange(change).names : []
  return state?.kind === 'app' ? state.app : undefined
}

const sfo = { cluster: 'sfo', weight: 1 }

it('an endpoint with a target is taken', () => {
  const endpoints = [{ ...sfo, target: 'cdn.test.' }]
  expect(receive({ endpoints })?.endpoints).toEqual([
    { ...sfo, addresses: [], priority: 0, target: 'cdn.test.' },
  ])
  expect(receive({ endpoints: [sfo] })?.endpoints[0]).not.toHaveProperty('target')
})

it('a service is taken as it is told', () => {
  const service = { alpn: ['h2', 'h3'], port: 8443, https: true, srv: false }
  expect(receive({ service })?.service).toEqual(service)
  expect(receive({ service: {} })?.service).toEqual({ alpn: [], https: false, srv: false })
  expect(receive({})).not.toHaveProperty('service')
})

it.each<[string, App, string]>([
  [
    'with a target beside addresses',
    { endpoints: [{ ...sfo, target: 'cdn.test.', addresses: ['192.0.2.1'] }] },
    'endpoint.target',
  ],
  ['with a target that is no name', { endpoints: [{ ...sfo, target: 'a..' }] }, 'endpoint.target'],
  ['with the root as a target', { endpoints: [{ ...sfo, target: '.' }] }, 'endpoint.target'],
  ['with a protocol that is none', { service: { alpn: ['a,b'] } }, 'video.example. service.alpn'],
  ['with a port of 17 bits', { service: { port: 65_536 } }, 'app video.example. service.port'],
])('an app %s is not', (_what, app, message) => {
  expect(() => receive(app)).toThrow(message)
})
