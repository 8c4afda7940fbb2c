import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { CLASS_IN, TYPE_CNAME, TYPE_MX, TYPE_TXT } from '../../shared/dns/codes.ts'
import { blankMessage, encodeMessage } from '../../shared/dns/message.ts'
import { nameKey, nameToWire } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { OwnVerdicts } from '../health/own-verdicts.ts'
import type { ClientPlaces } from '../locate/client-places.ts'
import { decodeQuery } from '../query/decode.ts'
import { encodeAnswer } from '../query/encode.ts'
import { Query } from '../query/query.ts'
import type { NameState, ReplicaApp, ReplicaChange, ReplicaZone } from '../replica/model.ts'
import { Replica } from '../replica/replica.ts'
import { FOUND_BY_CLIENT, FOUND_NOTHING } from '../table/reader.ts'
import { openTable } from '../table/table-fixture.ts'
import { tableTypes } from './answer-records.ts'
import { AppAnswers } from './app-answers.ts'
import type { Asker } from './app-answers.ts'
import { meshClusters, ownCluster, someApps, somePolicies } from './apps.fixture.ts'
import { SteerCounts } from './metrics.ts'
import { TablePublisher } from './publish.ts'
import { SteerStage } from './stage.ts'

const zone = (apex: string): ReplicaZone => ({
  apex,
  ns: ['ns.test.'],
  nsTtl: 1,
  soa: { mname: '.', rname: '.', refresh: 1, retry: 1, expire: 1, minimum: 60, ttl: 60 },
  serial: 1,
})
const empty: ReplicaChange = {
  version: 0,
  acceptedEpochMs: 0,
  sentEpochMs: 0,
  clusters: [],
  clustersDeleted: [],
  zones: [],
  zonesDeleted: [],
  serials: [],
  networks: [],
  networksDeleted: [],
  names: [],
  hash: '',
}
const places: ClientPlaces = {
  revision: 1,
  end: 3,
  placeOf: (number) =>
    [
      undefined,
      { country: 'DE', latitude: 0, longitude: 12 },
      { country: 'FR', latitude: 0, longitude: 28 },
    ][number],
}
const askers: readonly Asker[] = [
  { location: 0, bucket: 0 },
  { location: 1, bucket: 100 },
  { location: 2, bucket: 511 },
]

const cname = (target: string): readonly WireRrset[] => [
  { type: TYPE_CNAME, ttl: 7, rdata: [nameToWire(target)] },
]
const aliases: readonly NameState[] = [
  { kind: 'nodata', name: 'to.example.', version: 1, rrsets: cname('app.example.') },
  { kind: 'nodata', name: 'twice.other.', version: 1, rrsets: cname('to.example.') },
  { kind: 'nodata', name: '*.any.example.', version: 1, rrsets: cname('app.example.') },
]
/** The last one is answered by an app that is a wildcard. */
const names = ['to.example.', 'twice.other.', 'x.y.any.example.', 'x.wild.example.']

/** The control thread of an edge with its table, and a data thread's look at it. */
function createEdge() {
  const { writer: table, reader } = openTable()
  const clock = new ManualClock()
  const replica = new Replica({
    kind: 'full',
    own: ownCluster,
    clusters: meshClusters,
    namesMax: 10,
    clock,
    onEvict: () => undefined,
  })
  const chance = { random: 0 }
  const counts = new SteerCounts()
  const own = new OwnVerdicts()
  const random = (): number => chance.random
  const answers = new AppAnswers({ counts, own, random, places: () => places })
  const publisher = new TablePublisher({
    replica,
    table,
    answers,
    counts,
    own,
    clock,
    tick: () => undefined,
  })
  const zones = [zone('example.'), zone('other.')]
  const change = { ...empty, version: 1, zones, clusters: meshClusters, names: aliases }
  replica.applyPart({ first: true, last: true, change }, 'log')
  const stage = new SteerStage({ replica, resolver: undefined, clock, answers })
  return { replica, reader, stage, publisher, chance }
}

type TestEdge = ReturnType<typeof createEdge>

function put({ replica }: TestEdge, app: ReplicaApp, version: number): void {
  const states = ['app.example.', '*.wild.example.'].map((name) => {
    return { kind: 'app' as const, name, version, app }
  })
  // Central tells of the names above as well.
  const above = { kind: 'nodata' as const, name: 'wild.example.', version }
  replica.applyChange({ ...empty, version, names: [...states, above] })
}

function questionOf(name: string, type: number): Buffer {
  return encodeMessage({ ...blankMessage, questions: [{ name, type, class: CLASS_IN }] })
}

/** Rcode, counts and sections. */
function shown(rcode: number, message: Buffer, questionEnd: number): string {
  return `${rcode} ${message.toString('hex', 6, 12)} ${message.toString('hex', questionEnd)}`
}

/** Undefined: it is left to the control thread. */
function fromTable({ reader }: TestEdge, name: string, qtype: number, asker: Asker) {
  const question = questionOf(name, qtype)
  const end = 12 + nameKey(name).length
  const out = Buffer.alloc(4_096)
  question.copy(out)
  reader.beginBatch(1)
  let found = reader.resolve(out, 12, end, qtype, CLASS_IN, 0)
  if (found === FOUND_BY_CLIENT) {
    found = reader.resolveByClient(out, 12, end, CLASS_IN, asker.location, asker.bucket)
  }
  const isFound = found !== FOUND_NOTHING
  const size = isFound ? reader.writeAnswer(reader.ref, out, 0, question.length) : 0
  reader.endBatch()
  return isFound ? shown(reader.rcode, out.subarray(0, size), question.length) : undefined
}

/** What the control thread may answer, whatever chance says. */
async function fromControl({ stage, chance }: TestEdge, name: string, qtype: number, asker: Asker) {
  const found = new Set<string>()
  for (let i = 0; i < 16; i++) {
    chance.random = i / 16
    const question = questionOf(name, qtype)
    const q = new Query()
    if (decodeQuery(question, question.length, 'tcp', q) !== 'ok') throw new Error('no query')
    q.location = asker.location
    q.bucket = asker.bucket
    const answer = await stage.ask(q)
    if (answer === undefined) throw new Error('no answer')
    const message = encodeAnswer(q, answer, { nsid: Buffer.alloc(0) })
    found.add(shown(answer.rcode, message, question.length))
  }
  return found
}

it.each(['plain', 'drawn', 'byClient'] as const)(
  'aliases of an app are steered as it is, on data threads too: policies %s',
  async (kind) => {
    const policies = somePolicies[kind]
    const seen = { table: 0, left: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(someApps(policies), { minLength: 1, maxLength: 2 }),
        async (apps) => {
          const edge = createEdge()
          for (const [i, app] of apps.entries()) {
            put(edge, app, 2 + i)
            for (const name of names) {
              for (const qtype of [...tableTypes, TYPE_MX, TYPE_TXT]) {
                for (const asker of askers) {
                  const may = await fromControl(edge, name, qtype, asker)
                  const found = fromTable(edge, name, qtype, asker)
                  if (found === undefined) seen.left++
                  else {
                    expect([...may]).toContain(found)
                    seen.table++
                  }
                }
              }
            }
          }
        },
      ),
      { numRuns: 2 },
    )
    expect(seen.table).toBeGreaterThan(0)
    expect(seen.left).toBe(0)
  },
)
