import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_CNAME, TYPE_MX, TYPE_SRV, typeNumber } from '../../shared/dns/codes.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import { appTypeOf, recordsOf, recordText, tableTypes } from './answer-records.ts'
import { meshTopology, someApps, somePolicies } from './apps.fixture.ts'
import { decideSteering } from './decide.ts'
import type { SteeringDecision } from './decide.ts'
import { percentOf, shareBuckets } from './draw.ts'

const topology = meshTopology()
const name = 'app.example.'

/** The records of a decision that is not drawn, without TTL and name. */
function recordsFor(app: ReplicaApp, qtype: number): readonly string[] {
  const { chosen, ttl } = decideSteering(app, qtype, topology)
  const subject = { name, service: app.service, ttl }
  return recordsOf(subject, chosen, appTypeOf(qtype)).map((record) =>
    recordText(name, record).replace(`${name} ${ttl} IN `, ''),
  )
}

const at = (cluster: string, more: Partial<ReplicaEndpoint> = {}): ReplicaEndpoint => ({
  cluster,
  addresses: more.target === undefined ? [`198.51.100.${cluster.length}`] : [],
  weight: 100,
  priority: 0,
  ...more,
})
const app = (
  endpoints: readonly ReplicaEndpoint[],
  more: Partial<ReplicaApp> = {},
): ReplicaApp => ({
  policy: 'nearest',
  ttlMin: 5,
  ttlMax: 30,
  endpoints,
  ...more,
})
const ready = serviceSchema.parse({ alpn: ['h2', 'h3'] })
const three = JSON.stringify(['nearest', { filter: 'first', count: 3 }])

describe('an app is answered', () => {
  it.each<[string, ReplicaApp, Readonly<Record<string, readonly string[]>>]>([
    [
      'with the target of the best endpoint, whatever is asked for (RFC 1034 §4.3.2)',
      app([at('own', { target: 'cdn.test.', port: 443 }), at('a')], { service: ready }),
      Object.fromEntries(
        ['A', 'AAAA', 'SRV', 'SVCB', 'HTTPS', 'CNAME', 'MX', 'TXT'].map((type) => [
          type,
          ['CNAME cdn.test.'],
        ]),
      ),
    ],
    [
      'without the target of one that is not the best (RFC 1034 §3.6.2), even where only that could answer',
      app([at('own'), at('b', { target: 'cdn.test.' })]),
      { A: ['A 198.51.100.3'], AAAA: [], SRV: [], HTTPS: [], CNAME: [], MX: [] },
    ],
    [
      'with the first target alone',
      app([at('own', { target: 'x.test.' }), at('a', { target: 'y.test.' })], { policy: three }),
      { A: ['CNAME x.test.'], CNAME: ['CNAME x.test.'] },
    ],
    [
      'with the target where all that is nearer is down',
      app([at('own', { health: 'down' }), at('b', { target: 'cdn.test.', health: 'up' })], {
        health: { enoughUpPercent: 0, failClosed: false, trustMs: 10_000 },
      }),
      { A: ['CNAME cdn.test.'], HTTPS: ['CNAME cdn.test.'] },
    ],
    [
      'with the ports of its endpoints, their place in the order as the priority (RFC 2782)',
      app(
        [
          at('own', { port: 443 }),
          at('a'),
          at('b', { port: 8443, weight: 1_000_000, priority: 7 }),
          at('c', { target: 'cdn.test.', port: 80 }),
        ],
        { policy: JSON.stringify(['nearest', { filter: 'first', count: 4 }]) },
      ),
      {
        SRV: [
          'SRV 0 100 443 app.example.',
          'SRV 1 65535 8443 app.example.',
          'SRV 2 100 80 cdn.test.',
        ],
        HTTPS: [],
      },
    ],
    [
      'with the port of the service where an endpoint has none',
      app([at('own')], { service: serviceSchema.parse({ port: 5060, https: false }) }),
      { SRV: ['SRV 0 100 5060 app.example.'], HTTPS: [], SVCB: [] },
    ],
    [
      'without SRV where the service says so',
      app([at('own', { port: 443 })], { service: serviceSchema.parse({ srv: false }) }),
      { SRV: [], HTTPS: ['HTTPS 1 . ipv4hint=198.51.100.3'] },
    ],
    [
      'with what its service says, and all addresses of the endpoint as hints (RFC 9460)',
      app([at('own', { addresses: ['192.0.2.7', '2001:db8::7'], port: 443 })], { service: ready }),
      {
        HTTPS: ['HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.7 ipv6hint=2001:db8::7'],
        SVCB: ['SVCB 1 . alpn="h2,h3" port=443 ipv4hint=192.0.2.7 ipv6hint=2001:db8::7'],
      },
    ],
    [
      'with a record for each endpoint that is chosen, in their order',
      app([at('own', { port: 8443 }), at('a', { addresses: [] }), at('b', { target: 'x.test.' })], {
        policy: three,
        service: ready,
      }),
      {
        HTTPS: [
          'HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=198.51.100.3',
          'HTTPS 2 . alpn="h2,h3" ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
        ],
      },
    ],
    [
      'with nothing for an endpoint that has a target, on a cluster that has addresses, when it is disabled',
      app([at('a', { target: 'x.test.', state: 'disabled' })]),
      { A: [], CNAME: [] },
    ],
  ])('%s', (_what, value, wanted) => {
    for (const [type, records] of Object.entries(wanted)) {
      expect([type, recordsFor(value, typeNumber(type) ?? 0)]).toEqual([type, records])
    }
  })

  it('with no more hints than an endpoint may have addresses, over all records', () => {
    const addresses = Array.from({ length: 20 }, (_, i) => `192.0.2.${i}`)
    const many = app([at('own', { addresses }), at('b', { addresses })], {
      policy: three,
      service: ready,
    })
    const hints = recordsFor(many, typeNumber('HTTPS') ?? 0).map(
      (record) => record.split('ipv4hint=')[1]?.split(',').length,
    )
    expect(hints).toEqual([20, 12])
  })
})

/** Each endpoint with an address where it has anything to answer with, and none else. */
function typeless(value: ReplicaApp): ReplicaApp {
  const endpoints = value.endpoints.map(({ target, port: _port, ...one }) => ({
    ...one,
    addresses:
      target !== undefined || one.addresses.length > 0 || one.cluster === 'a' ? ['192.0.2.9'] : [],
  }))
  return { ...value, endpoints, service: undefined }
}

function withoutTargets(value: ReplicaApp): ReplicaApp {
  return { ...value, endpoints: value.endpoints.filter(({ target }) => target === undefined) }
}

const types = [...tableTypes, TYPE_MX]

it('whether it is another name does not depend on the type, nor else what there is beside', () => {
  let aliases = 0
  let others = 0
  fc.assert(
    fc.property(someApps(somePolicies.plain), (value) => {
      const [best] = decideSteering(typeless(value), TYPE_A, topology).chosen
      const target = value.endpoints.find((one) => one.cluster === best?.endpoint.cluster)?.target
      for (const qtype of types) {
        const found = recordsFor(value, qtype)
        if (target !== undefined) {
          expect(found).toEqual([`CNAME ${target}`])
          aliases++
          continue
        }
        for (const record of found) expect(record).not.toContain('CNAME')
        // Health is made of all endpoints, and SRV names targets too.
        if (value.health !== undefined || qtype === TYPE_SRV) continue
        if (value.endpoints.some(({ health }) => health === 'down')) continue
        expect(found).toEqual(recordsFor(withoutTargets(value), qtype))
        if (found.length > 0) others++
      }
    }),
    { numRuns: 400 },
  )
  expect(aliases).toBeGreaterThan(50)
  expect(others).toBeGreaterThan(20)
})

/** How many percent of the draws get each target, in the order of their endpoints. */
function targetShares({ drawn = [] }: SteeringDecision): readonly (readonly [string, number])[] {
  const percents = percentOf(drawn)
  return drawn.flatMap(({ item }, i) =>
    item.isAlias ? [[item.endpoint.cluster, percents[i] ?? 0] as const] : [],
  )
}

it('where one is drawn, another name has the same share and the same clients for all types', () => {
  let mixed = 0
  fc.assert(
    fc.property(someApps(somePolicies.drawn), (value) => {
      const all = decideSteering(typeless(value), TYPE_A, topology)
      const percents = percentOf(all.drawn ?? [])
      const targets = new Map(value.endpoints.map(({ cluster, target }) => [cluster, target]))
      const wanted = (all.drawn ?? []).flatMap(({ item }, i) => {
        const { cluster } = item.endpoint
        return targets.get(cluster) === undefined ? [] : [[cluster, percents[i] ?? 0] as const]
      })
      let clients: readonly string[] | undefined
      for (const qtype of types) {
        const decision = decideSteering(value, qtype, topology)
        const { drawn = [] } = decision
        expect(targetShares(decision)).toEqual(wanted)
        if (drawn.length > 0) expect(drawn.at(-1)?.upTo).toBe(65_535)
        if (wanted.length === 0) continue
        const found = Array.from(shareBuckets(drawn), (i) => {
          const item = drawn[i]?.item
          return item?.isAlias === true ? item.endpoint.cluster : ''
        })
        expect(clients ?? found).toEqual(found)
        clients = found
        // The others keep their shares among themselves.
        const rest = decideSteering(withoutTargets(value), qtype, topology).drawn ?? []
        const share = 100 - wanted.reduce((sum, [, percent]) => sum + percent, 0)
        if (value.endpoints.some(({ health }) => health === 'down') || share === 0) continue
        if (qtype === TYPE_CNAME || rest.length === 0) continue
        const plain = drawn.flatMap(({ item }, i) =>
          item.isAlias ? [] : [(percentOf(drawn)[i] ?? 0) / share],
        )
        expect(plain).toHaveLength(rest.length)
        percentOf(rest).forEach((percent, i) => expect(plain[i]).toBeCloseTo(percent / 100, 3))
        mixed++
      }
    }),
    { numRuns: 120 },
  )
  expect(mixed).toBeGreaterThan(10)
})
