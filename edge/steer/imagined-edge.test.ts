import { expect, it } from 'vitest'
import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { ImaginedEdge } from './imagined-edge.ts'

const clusters = [
  { id: 'sfo', latitude: 37.6, longitude: -122.4, country: 'US' },
  { id: 'lhr', latitude: 51.5, longitude: -0.5, country: 'GB' },
  { id: 'nrt', latitude: 35.8, longitude: 140.4, country: 'JP' },
].map((cluster) => clusterSchema.parse(cluster))
const [sfo, lhr] = clusters
if (sfo === undefined || lhr === undefined) throw new Error('no cluster')

const app = (policy: string): ReplicaApp => ({
  policy,
  ttlMin: 5,
  ttlMax: 30,
  endpoints: [
    { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 1, priority: 0 },
    { cluster: 'lhr', addresses: ['192.0.2.2'], weight: 3, priority: 0 },
  ],
})
const london = { latitude: 51, longitude: 0, country: 'GB' }

it.each([
  ['nearest', { sfo: 1 }, { sfo: 1 }],
  ['nearest-client', { sfo: 1 }, { lhr: 1 }],
  ['weighted', { sfo: 0.25, lhr: 0.75 }, { sfo: 0.25, lhr: 0.75 }],
  ['["nearest",{"filter":"first","count":2}]', { sfo: 0.5, lhr: 0.5 }, { sfo: 0.5, lhr: 0.5 }],
  [
    '[{"filter":"country","from":"client","rules":{"GB":["lhr"]},"default":["nrt"]}]',
    {},
    { lhr: 1 },
  ],
])('%s shares what a client of nowhere and one of London ask', (policy, nowhere, inLondon) => {
  const edge = new ImaginedEdge({ own: sfo, clusters })
  const { sharesOf } = edge.answersOf(app(policy), TYPE_A)
  const found = (client?: typeof london) =>
    Object.fromEntries(sharesOf(client).map(({ cluster, share }) => [cluster, share]))
  expect(found()).toEqual(nowhere)
  expect(found(london)).toEqual(inLondon)
  expect(edge.answersOf(app(policy), TYPE_AAAA).sharesOf(london)).toEqual([])
})

it('goes by round trips where there are any, and stands where the clusters say', () => {
  const roundTrips = new Map([
    ['sfo', 90],
    ['lhr', 20],
  ])
  const policy = app('["latency"]')
  const measured = new ImaginedEdge({ own: sfo, clusters, roundTrips })
  expect(measured.answersOf(policy, TYPE_A).sharesOf(undefined)).toEqual([
    { cluster: 'lhr', share: 1 },
  ])
  const moved = new ImaginedEdge({ own: { ...lhr, id: 'sfo' }, clusters })
  expect(moved.answersOf(policy, TYPE_A).sharesOf(undefined)).toEqual([
    { cluster: 'sfo', share: 1 },
  ])
})

it('explains as an edge does; who is nowhere is where the edge is', () => {
  const question = {
    edge: 'sfo-1',
    name: 'video.example.',
    qtype: TYPE_A,
    app: app('[{"filter":"country","from":"client","rules":{"US":["sfo"]},"default":["lhr"]}]'),
    version: 7,
    zone: { apex: 'example.', negativeTtl: 60 },
  }
  const edge = new ImaginedEdge({ own: sfo, clusters })
  const client = { prefix: '192.0.2.0/24', scope: 24, place: {} }
  expect(edge.explain({ ...question, client })).toMatchObject({
    name: 'video.example.',
    type: 'A',
    edge: 'sfo-1',
    cluster: 'sfo',
    zone: 'example.',
    source: 'app',
    version: 7,
    client: { prefix: '192.0.2.0/24', place: {} },
    answer: { cluster: 'sfo', ttl: 30, records: ['video.example. 30 IN A 192.0.2.1'] },
    stale: false,
  })
  const inLondon = edge.explain({ ...question, client: { ...client, place: london } })
  expect(inLondon.answer.cluster).toBe('lhr')
  expect(edge.explain({ ...question, qtype: TYPE_AAAA }).answer).toMatchObject({
    rcode: 'NOERROR',
    ttl: 60,
    records: [],
  })
})
