import { expect, it } from 'vitest'
import {
  CLASS_IN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_HINFO,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_SRV,
  TYPE_SVCB,
} from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { manifestSchema } from '../../shared/registry/schema.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import type { RegistryState } from '../model/state.ts'
import { answerQuery } from './answer.ts'

type AppInput = NonNullable<ManifestInput['apps']>[number]

/** A mesh with one app; `sfo` has an address for its endpoints. */
function stateOf(app: Omit<AppInput, 'name'>): RegistryState {
  const { clusters, zones, apps } = manifestSchema.parse({
    clusters: ['ewr', 'lhr', 'sfo'].map((id) => ({
      id,
      latitude: 0,
      longitude: 0,
      ...(id === 'sfo' ? { addresses: ['192.0.2.9'] } : {}),
    })),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [{ name: 'web.example', ...app }],
  })
  const state = emptyState()
  const events = [
    ...clusters.map((cluster) => ({ type: 'cluster-put' as const, cluster })),
    ...zones.map((zone) => ({ type: 'zone-put' as const, zone })),
    ...apps.flatMap(({ endpoints, ...value }) => [
      { type: 'app-put' as const, app: value },
      ...endpoints.map((endpoint) => ({
        type: 'endpoint-put' as const,
        app: value.name,
        endpoint,
      })),
    ]),
  ]
  evolve(state, { version: 1, events })
  return state
}

/** Type and rdata of each record, as short text. */
function answers(app: Omit<AppInput, 'name'>, type: number): readonly string[] {
  const questions = [{ name: 'web.example.', type, class: CLASS_IN }]
  const wire = answerQuery(stateOf(app), encodeMessage({ ...blankMessage, questions }))
  return (
    (wire === undefined ? undefined : decodeMessage(wire))?.answers.map(
      ({ type: of, rdata }) => `${of} ${Object.values(rdata).slice(1).map(text).join(' ')}`,
    ) ?? ['broken']
  )
}

function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value)
}

const target = { cluster: 'lhr', target: 'cdn.test' }
const cname = [`${TYPE_CNAME} cdn.test.`]

it.each([TYPE_A, TYPE_AAAA, TYPE_SRV, TYPE_HTTPS, TYPE_CNAME, TYPE_MX, TYPE_ANY])(
  'where endpoints have nothing but targets, the first is the answer to type %i',
  (type) => {
    const endpoints = [{ cluster: 'ewr', target: 'far.test', priority: 1 }, target]
    expect(answers({ endpoints }, type)).toEqual(cname)
  },
)

it('a target is not answered beside addresses', () => {
  const endpoints = [target, { cluster: 'sfo' }]
  expect(answers({ endpoints }, TYPE_A)).toEqual([`${TYPE_A} 192.0.2.9`])
  expect(answers({ endpoints }, TYPE_AAAA)).toEqual([])
  expect(answers({ endpoints }, TYPE_CNAME)).toEqual([])
  expect(answers({ endpoints }, TYPE_ANY)).toEqual([`${TYPE_HINFO} RFC8482 `])
})

it('a target is answered where all else drains', () => {
  const endpoints = [target, { cluster: 'sfo', state: 'draining' as const }]
  expect(answers({ endpoints }, TYPE_A)).toEqual(cname)
})

it('SRV names each endpoint that has a port', () => {
  const endpoints = [
    { cluster: 'ewr', addresses: ['192.0.2.1'], port: 443, weight: 1_000_000 },
    { ...target, port: 80, priority: 3 },
    { cluster: 'sfo' },
  ]
  expect(answers({ endpoints }, TYPE_SRV)).toEqual([
    `${TYPE_SRV} 0 65535 443 web.example.`,
    `${TYPE_SRV} 3 100 80 cdn.test.`,
  ])
  expect(answers({ endpoints, service: { srv: false } }, TYPE_SRV)).toEqual([])
})

it('HTTPS and SVCB say what the service does', () => {
  const endpoints = [{ cluster: 'sfo', port: 443 }]
  expect(answers({ endpoints }, TYPE_HTTPS)).toEqual([])
  const service = { alpn: ['h2'] }
  const [alpn, port, hint] = ['00010003026832', '0003000201bb', '00040004c0000209']
  expect(answers({ endpoints, service }, TYPE_HTTPS)).toEqual([
    `${TYPE_HTTPS} 000100${alpn}${hint}`,
  ])
  expect(answers({ endpoints, service }, TYPE_SVCB)).toEqual([
    `${TYPE_SVCB} 000100${alpn}${port}${hint}`,
  ])
})
