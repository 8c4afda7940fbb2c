import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { CLASS_IN, TYPE_DS, TYPE_MX, TYPE_TXT } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { OwnVerdicts } from '../health/own-verdicts.ts'
import type { ClientPlaces } from '../locate/client-places.ts'
import type { Answer } from '../query/encode.ts'
import type { ReplicaApp, ReplicaChange, ReplicaZone } from '../replica/model.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicaKind } from '../replica/replica.ts'
import { FOUND_ANSWER, FOUND_BY_CLIENT, FOUND_NODATA, FOUND_NXDOMAIN } from '../table/reader.ts'
import type { TableReader } from '../table/reader.ts'
import { openTable } from '../table/table-fixture.ts'
import { tableTypes } from './answer-records.ts'
import { AppAnswers } from './app-answers.ts'
import type { Asker } from './app-answers.ts'
import { meshClusters, ownCluster, someApps, somePolicies } from './apps.fixture.ts'
import { SteerCounts } from './metrics.ts'
import { TablePublisher } from './publish.ts'

const zone: ReplicaZone = {
  apex: 'example.',
  ns: ['ns.example.'],
  nsTtl: 1,
  soa: { mname: '.', rname: '.', refresh: 1, retry: 1, expire: 1, minimum: 60, ttl: 60 },
  serial: 1,
}
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
const types = [...tableTypes, TYPE_MX, TYPE_TXT, TYPE_DS]
const askers: readonly Asker[] = [
  { location: 0, bucket: 0 },
  { location: 1, bucket: 100 },
  { location: 2, bucket: 511 },
]

/** An edge's control thread with its table, and a data thread's look at it. */
class TestEdge {
  readonly clock = new ManualClock()
  readonly replica: Replica
  readonly answers: AppAnswers
  readonly reader: TableReader
  /** Hears of every change by itself. */
  readonly publisher: TablePublisher
  random = 0
  version = 1

  constructor(kind: ReplicaKind) {
    const { writer, reader } = openTable()
    this.reader = reader
    this.replica = new Replica({
      kind,
      own: ownCluster,
      clusters: meshClusters,
      namesMax: 10,
      clock: this.clock,
      onEvict: () => undefined,
    })
    const counts = new SteerCounts()
    const own = new OwnVerdicts()
    const random = (): number => this.random
    this.answers = new AppAnswers({ counts, own, random, places: () => places })
    this.publisher = new TablePublisher({
      replica: this.replica,
      table: writer,
      answers: this.answers,
      counts,
      own,
      clock: this.clock,
      tick: () => undefined,
    })
    const change = { ...empty, version: 1, zones: [zone], clusters: meshClusters }
    this.replica.applyPart({ first: true, last: true, change }, 'log')
  }

  /** Undefined: there is no such app any more. */
  put(name: string, app: ReplicaApp | undefined): void {
    const version = ++this.version
    const state =
      app === undefined
        ? ({ kind: 'nxdomain', name, version } as const)
        : ({ kind: 'app', name, version, app } as const)
    // A name that is held on demand has been asked for.
    if (this.replica.kind === 'on-demand') this.replica.learn(nameKey(name), state, true, 30)
    this.replica.applyChange({ ...empty, version, names: [state] })
  }

  /** The octets of the answer section, or what there is instead. */
  fromTable(name: string, qtype: number, { location, bucket }: Asker): string {
    const qname = Buffer.from(nameKey(name), 'latin1')
    const { reader } = this
    reader.beginBatch(1)
    let found = reader.resolve(qname, 0, qname.length, qtype, CLASS_IN, 0)
    if (found === FOUND_BY_CLIENT) {
      found = reader.resolveByClient(qname, 0, qname.length, CLASS_IN, location, bucket)
    }
    const out = Buffer.alloc(32_768)
    const isAnswer = found === FOUND_ANSWER
    const end = isAnswer ? reader.writeAnswer(reader.ref, out, 0, 12) : 12
    reader.endBatch()
    if (found === FOUND_NXDOMAIN) return 'nxdomain'
    if (found === FOUND_NODATA) return 'nodata'
    if (!isAnswer) return 'miss'
    return out.readUInt16BE(6) === 0 ? 'nodata' : out.toString('hex', 12, end)
  }

  /** What the control thread may answer, whatever chance says. */
  fromControl(name: string, qtype: number, asker: Asker): ReadonlySet<string> {
    const { zones, names, topology } = this.replica.tables
    const served = zones.find(nameKey(name))
    const entry = names.get(nameKey(name))
    if (served === undefined || entry === undefined) throw new Error(`${name} is not held`)
    if (entry.kind !== 'app') return new Set(['nxdomain'])
    const found = new Set<string>()
    for (let i = 0; i < 16; i++) {
      this.random = i / 16
      const { answer } = this.answers.answerOf(topology, served, entry, qtype, asker)
      found.add(textOf(answer))
    }
    return found
  }
}

function textOf(answer: Answer | undefined): string {
  return answer?.answer === undefined ? 'nodata' : answer.answer.bytes.toString('hex')
}

const policies = [...somePolicies.plain, ...somePolicies.drawn, ...somePolicies.byClient]
const step = fc.record({
  name: fc.constantFrom('a.example.', 'b.example.', 'c.example.'),
  app: fc.option(someApps(policies), { nil: undefined }),
})

it.each<ReplicaKind>(['full', 'on-demand'])(
  'a data thread answers every type as the control thread does: replica %s',
  (kind) => {
    const seen = { cname: 0, nodata: 0, nxdomain: 0, other: 0 }
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const edge = new TestEdge(kind)
        const put = new Set<string>()
        for (const { name, app } of steps) {
          edge.put(name, app)
          put.add(name)
          for (const held of put) {
            for (const qtype of types) {
              for (const asker of askers) {
                const found = edge.fromTable(held, qtype, asker)
                expect(edge.fromControl(held, qtype, asker)).toContain(found)
                if (found === 'nodata' || found === 'nxdomain') seen[found]++
                else if (found.startsWith('c00c0005')) seen.cname++
                else seen.other++
              }
            }
          }
        }
      }),
      { numRuns: kind === 'full' ? 25 : 40 },
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20)
  },
)
