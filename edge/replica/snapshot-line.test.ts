import { expect, it } from 'vitest'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { ReplicaApp } from './model.ts'
import { createEntry } from './names.ts'
import { appLine, parseLine } from './snapshot-line.ts'

const app: ReplicaApp = {
  policy: 'nearest',
  ttlMin: 5,
  ttlMax: 30,
  endpoints: [
    { cluster: 'sfo', addresses: ['192.0.2.1', '2001:db8::1'], weight: 100, priority: 0 },
    {
      cluster: 'ewr',
      addresses: [],
      weight: 0,
      priority: 7,
      port: 443,
      owner: 'team "a"',
      health: 'degraded',
      state: 'draining',
    },
    {
      cluster: 'lhr',
      addresses: [],
      weight: 1,
      priority: 0,
      health: 'down',
      forced: true,
    },
  ],
  health: { enoughUpPercent: 50, failClosed: true, trustMs: 1_000 },
}
const described: ReplicaApp = {
  ...app,
  service: { alpn: ['h2', 'h3'], port: 8443, https: true, srv: false },
  endpoints: [
    ...app.endpoints,
    { cluster: 'fra', addresses: [], weight: 1, priority: 0, target: 'cdn.test.' },
  ],
}
const state = { kind: 'app' as const, name: 'video.example.', version: 7, app }
const entry = createEntry(state, { isWatched: true, expiresAt: Infinity })
const written: unknown = JSON.parse(JSON.stringify(appLine(entry)))

it('an app is read back as it was written', () => {
  expect(parseLine(written)).toEqual({ ok: true, line: { is: 'app', state } })
})

it('so is one with a service and a target', () => {
  const full = createEntry({ ...state, app: described }, { isWatched: true, expiresAt: Infinity })
  const line: unknown = JSON.parse(JSON.stringify(appLine(full)))
  expect(parseLine(line)).toEqual({
    ok: true,
    line: { is: 'app', state: { ...state, app: described } },
  })
})

it.each([
  ['a name without its dot', 0, 'video.example'],
  ['a version that is none', 1, -1],
  ['an unknown policy', 2, 'farthest'],
  ['a TTL that is text', 4, '30'],
  ['health that is no list', 5, 1],
  ['health with too many percent', 5, [101, 0, 1_000]],
  ['health that is half closed', 5, [50, 2, 1_000]],
  ['health without trust', 5, [50, 0]],
  ['an endpoint that is no list', 6, 'sfo'],
  ['a service that is none', 6, { alpn: [''] }],
  ['an endpoint with a bad address', 6, ['sfo', 100, 0, 0, '', 1, 0, '192.0.2.256']],
  ['an endpoint with a bad weight', 6, ['sfo', -1, 0, 0, '', 1, 0, '192.0.2.1']],
  ['an endpoint in no state of health', 6, ['sfo', 1, 0, 0, '', 8, 0, '192.0.2.1']],
  ['an endpoint that is forced to be unknown', 6, ['sfo', 1, 0, 0, '', 4, 0, '192.0.2.1']],
  ['an endpoint in no state', 6, ['sfo', 1, 0, 0, '', 1, 3, '192.0.2.1']],
  ['an endpoint of the format before', 6, ['sfo', 1, 0, 0, '', 1, '192.0.2.1']],
])('refuses %s', (_what, at, value) => {
  const line = Array.isArray(written) ? written.with(at, value) : undefined
  expect(parseLine(line)).toMatchObject({ ok: false })
})

it('a network is read back as it was written', () => {
  const network = networkSchema.parse({
    id: 'office',
    prefixes: ['192.0.2.0/24', '2001:db8::/48'],
    cluster: 'sfo',
    asn: 64_496,
  })
  const line: unknown = JSON.parse(JSON.stringify({ is: 'network', network }))
  expect(parseLine(line)).toEqual({ ok: true, line: { is: 'network', network } })
})

it.each([
  [{}],
  [null],
  [7],
  [[]],
  [{ is: 'cluster', cluster: { id: 'sfo' } }],
  [{ is: 'network', network: { id: 'office', prefixes: ['192.0.2.0/24'] } }],
  [{ is: 'network', network: { id: 'office', prefixes: ['192.0.2.1/24'], cluster: 'sfo' } }],
])('refuses %j', (value) => {
  expect(parseLine(value)).toMatchObject({ ok: false })
})
