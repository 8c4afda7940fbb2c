import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import {
  CLASS_IN,
  EDE_NETWORK_ERROR,
  EDE_NOT_READY,
  EDE_STALE_ANSWER,
  EDE_STALE_NXDOMAIN_ANSWER,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  RCODE_SERVFAIL,
  TYPE_A,
  TYPE_MX,
  TYPE_NS,
  TYPE_SOA,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import { nameFromWire, nameKey } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { parseRdata } from '../../shared/records/rdata.ts'
import { parseRecordType } from '../../shared/records/types.ts'
import { OwnVerdicts } from '../health/own-verdicts.ts'
import { decodeQuery } from '../query/decode.ts'
import { encodeAnswer } from '../query/encode.ts'
import { Query } from '../query/query.ts'
import type { NameState, ReplicaChange, ReplicaZone } from '../replica/model.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicaKind } from '../replica/replica.ts'
import type { Resolution } from '../replica/resolver.ts'
import { AppAnswers } from './app-answers.ts'
import { meshClusters, ownCluster } from './apps.fixture.ts'
import { SteerCounts } from './metrics.ts'
import { SteerStage } from './stage.ts'
import { VersionAnswers } from './version-answers.ts'

const zone: ReplicaZone = {
  apex: 'example.',
  ns: ['ns.example.'],
  nsTtl: 1,
  soa: { mname: '.', rname: '.', refresh: 1, retry: 1, expire: 1, minimum: 60, ttl: 60 },
  serial: 42,
}
const change: ReplicaChange = {
  version: 42,
  acceptedEpochMs: 0,
  sentEpochMs: 0,
  clusters: meshClusters,
  clustersDeleted: [],
  zones: [zone],
  zonesDeleted: [],
  serials: [],
  networks: [],
  networksDeleted: [],
  names: [],
  hash: '',
}

function rrset(mnemonic: string, text: string, ttl = 30): WireRrset {
  const type = parseRecordType(mnemonic) ?? 0
  const read = parseRdata(type, text)
  if (!read.ok) throw new Error(text)
  return { type, ttl, rdata: [read.rdata] }
}

const state = (name: string, ...rrsets: readonly WireRrset[]): NameState => ({
  kind: rrsets.length > 0 ? 'nodata' : 'nxdomain',
  name,
  version: 1,
  rrsets,
})

/** An edge that is told of `names` by central as long as that is there. */
function createEdge(kind: ReplicaKind, names: readonly NameState[], hasState = true) {
  const clock = new ManualClock()
  const replica = new Replica({
    kind,
    own: ownCluster,
    clusters: meshClusters,
    namesMax: 100,
    clock,
    onEvict: () => undefined,
  })
  if (hasState) {
    const all = { ...change, names: kind === 'full' ? names : [] }
    replica.applyPart({ first: true, last: true, change: all }, 'log')
  }
  const central = { isConnected: true, asked: new Array<string>() }
  const resolve = (key: string): Promise<Resolution> => {
    const name = nameFromWire(Buffer.from(key, 'latin1'), 0) ?? '.'
    central.asked.push(name)
    if (!central.isConnected) return Promise.resolve({ ok: false, reason: 'unreachable' })
    const told = names.find((one) => one.name === name) ?? state(name)
    return Promise.resolve({ ok: true, entry: replica.learn(key, told, false, 30) })
  }
  const resolver = {
    resolve,
    get isConnected() {
      return central.isConnected
    },
  }
  const places = { revision: 1, end: 1, placeOf: () => undefined }
  const answers = new AppAnswers({
    counts: new SteerCounts(),
    own: new OwnVerdicts(),
    random: () => 0,
    places: () => places,
  })
  const versions = new VersionAnswers(['192.0.2.0/24', '2001:db8::/32'])
  const stage = new SteerStage({
    replica,
    resolver: kind === 'full' ? undefined : resolver,
    clock,
    answers,
    versions,
  })
  const ask = async (name: string, type: number, address = '198.51.100.1') => {
    const wire = encodeMessage({ ...blankMessage, questions: [{ name, type, class: CLASS_IN }] })
    const q = new Query()
    if (decodeQuery(wire, wire.length, 'tcp', q) !== 'ok') throw new Error('no query')
    q.address = address
    const answer = await stage.ask(q)
    if (answer === undefined) return undefined
    const message = decodeMessage(encodeAnswer(q, answer, { nsid: Buffer.alloc(0) }))
    const sections = [message?.answers, message?.authorities, message?.additionals]
    return {
      rcode: answer.rcode,
      ede: answer.ede?.code,
      counts: sections.map((section) => section?.length),
      first: message?.answers[0]?.rdata,
    }
  }
  return { ask, central, clock, replica }
}

it('before there is a state nothing is known (RFC 8914 §4.15)', async () => {
  const { ask } = createEdge('full', [], false)
  expect(await ask('a.example.', TYPE_A)).toMatchObject({
    rcode: RCODE_SERVFAIL,
    ede: EDE_NOT_READY,
  })
})

const names = [
  state('a.example.', rrset('A', '192.0.2.1')),
  state('to.example.', rrset('CNAME', 'a.example.')),
  state('mx.example.', rrset('MX', '1 a.example.')),
  state('ns.example.', rrset('A', '192.0.2.9')),
]

describe('a replica on demand', () => {
  it('asks for a name, for what an alias leads to, and for what is added, once each', async () => {
    const { ask, central } = createEdge('on-demand', names)
    const alias = { rcode: RCODE_NOERROR, counts: [2, 0, 0] }
    expect(await ask('to.example.', TYPE_A)).toMatchObject(alias)
    expect(await ask('mx.example.', TYPE_MX)).toMatchObject({ counts: [1, 0, 1] })
    expect(await ask('example.', TYPE_NS)).toMatchObject({ counts: [1, 0, 1] })
    const asked = ['to.example.', 'a.example.', 'mx.example.', 'ns.example.']
    expect(central.asked).toEqual(asked)
    central.isConnected = false
    expect(await ask('to.example.', TYPE_A)).toMatchObject(alias)
    expect(central.asked).toEqual(asked)
  })

  it('answers without central what it can, and says so', async () => {
    const { ask, central, clock } = createEdge('on-demand', names)
    central.isConnected = false
    expect(await ask('a.example.', TYPE_A)).toMatchObject({
      rcode: RCODE_SERVFAIL,
      ede: EDE_NETWORK_ERROR,
    })
    // RFC 1034 §4.3.2: the zone itself is known.
    expect(await ask('example.', TYPE_SOA)).toMatchObject({
      rcode: RCODE_NOERROR,
      counts: [1, 0, 0],
    })
    expect(await ask('example.', TYPE_NS)).toMatchObject({ counts: [1, 0, 0] })
    central.isConnected = true
    await ask('a.example.', TYPE_A)
    await ask('none.example.', TYPE_A)
    central.isConnected = false
    clock.advance(60_000)
    // RFC 8767 §5
    expect(await ask('a.example.', TYPE_A)).toMatchObject({
      rcode: RCODE_NOERROR,
      ede: EDE_STALE_ANSWER,
      counts: [1, 0, 0],
    })
    expect(await ask('none.example.', TYPE_A)).toMatchObject({
      rcode: RCODE_NXDOMAIN,
      ede: EDE_STALE_NXDOMAIN_ANSWER,
    })
  })

  it('leaves to the client what an alias leads to when nobody can say', async () => {
    const { ask, central } = createEdge('on-demand', names)
    await ask('to.example.', 5)
    central.isConnected = false
    expect(await ask('to.example.', TYPE_A)).toMatchObject({
      rcode: RCODE_NOERROR,
      counts: [1, 0, 0],
      first: { kind: 'name', name: 'a.example.' },
    })
  })

  it('asks what stands at a wildcard, which may be an app, once for all names', async () => {
    const owner = { key: nameKey('*.w.example.'), rrsets: [rrset('A', '192.0.2.3')] }
    const cover = { is: 'wildcard' as const, owner, glue: [] }
    const covered = ['x.w.example.', 'y.w.example.'].map((name) => ({ ...state(name), cover }))
    const wildcard = state('*.w.example.', rrset('A', '192.0.2.3'))
    const { ask, central } = createEdge('on-demand', [...covered, wildcard])
    for (const { name } of covered) {
      expect(await ask(name, TYPE_A)).toMatchObject({ counts: [1, 0, 0] })
      expect(await ask(name, TYPE_TXT)).toMatchObject({ rcode: RCODE_NOERROR, counts: [0, 1, 0] })
    }
    expect(central.asked).toEqual(['x.w.example.', '*.w.example.', 'y.w.example.'])
  })
})

describe.each<ReplicaKind>(['full', 'on-demand'])('the version of a zone: replica %s', (kind) => {
  const text = { kind: 'text', strings: ['serial=42 version=42'] }

  it('is told to those who may know', async () => {
    const { ask } = createEdge(kind, names)
    for (const address of ['192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7']) {
      const told = await ask('_version.example.', TYPE_TXT, address)
      expect(told).toMatchObject({ rcode: RCODE_NOERROR, first: text })
    }
    expect(await ask('_version.example.', TYPE_A, '192.0.2.7')).toMatchObject({
      rcode: RCODE_NOERROR,
      counts: [0, 1, 0],
    })
  })

  it('is not there for others, and not where something else stands', async () => {
    const { ask } = createEdge(kind, names)
    expect(await ask('_version.example.', TYPE_TXT)).toMatchObject({ rcode: RCODE_NXDOMAIN })
    expect(await ask('_version.a.example.', TYPE_TXT, '192.0.2.7')).toMatchObject({
      rcode: RCODE_NXDOMAIN,
    })
    const own = state('_version.example.', rrset('TXT', '"own"'))
    const other = createEdge(kind, [own])
    await other.ask('_version.example.', TYPE_TXT)
    expect(await other.ask('_version.example.', TYPE_TXT, '192.0.2.7')).toMatchObject({
      first: { kind: 'text', strings: ['own'] },
    })
  })
})

it('records that no message has room for behind an alias are left to the client', async () => {
  const target = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.`
  const rdata = Array.from({ length: 1_000 }, (_, i) => Buffer.of(192, 0, 2 + (i >> 8), i & 0xff))
  const { ask } = createEdge('full', [
    state('to.example.', rrset('CNAME', target)),
    state(target, { type: TYPE_A, ttl: 30, rdata }),
  ])
  expect(await ask(target, TYPE_A)).toMatchObject({ counts: [1_000, 0, 0] })
  expect(await ask('to.example.', TYPE_A)).toMatchObject({
    rcode: RCODE_NOERROR,
    counts: [1, 0, 0],
    first: { kind: 'name', name: target },
  })
})
