import { Watcher } from '../../central/grpc/watcher.ts'
import { watchedNameMessage } from '../../central/grpc/messages.ts'
import type { Command } from '../../central/model/decide.ts'
import { decide } from '../../central/model/decide.ts'
import { evolve } from '../../central/model/evolve.ts'
import { emptyState } from '../../central/model/state.ts'
import { History } from '../../central/registry/history.ts'
import { touchedBy } from '../../central/registry/touched.ts'
import { answerQuery } from '../../central/zone/answer.ts'
import { MISS, TableAnswerer } from '../../edge/data/answer.ts'
import { OwnVerdicts } from '../../edge/health/own-verdicts.ts'
import { Sender } from '../../edge/locate/sender.ts'
import { decodeQuery } from '../../edge/query/decode.ts'
import { encodeAnswer } from '../../edge/query/encode.ts'
import { Query } from '../../edge/query/query.ts'
import { checkChange, checkNameState } from '../../edge/replica/check.ts'
import { Replica } from '../../edge/replica/replica.ts'
import type { ReplicaKind } from '../../edge/replica/replica.ts'
import type { Resolver } from '../../edge/replica/resolver.ts'
import { AppAnswers } from '../../edge/steer/app-answers.ts'
import { SteerCounts } from '../../edge/steer/metrics.ts'
import { TablePublisher } from '../../edge/steer/publish.ts'
import { SteerStage } from '../../edge/steer/stage.ts'
import { openTable } from '../../edge/table/table-fixture.ts'
import type { TableReader } from '../../edge/table/reader.ts'
import type { Clock } from '../../shared/clock.ts'
import { ManualClock } from '../../shared/clock.ts'
import { CLASS_IN, rcodeName, TYPE_OPT } from '../../shared/dns/codes.ts'
import { blankMessage, encodeMessage } from '../../shared/dns/message.ts'
import { walkMessage } from '../../shared/dns/message-walk.ts'
import type { RecordPlace } from '../../shared/dns/message-walk.ts'
import { nameFromWire } from '../../shared/dns/name.ts'
import { formatRdata, rdataFromMessage, rdataKey } from '../../shared/records/rdata.ts'
import { formatRecordType } from '../../shared/records/types.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { NameState } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { loadProto } from '../../shared/rpc/proto.ts'

const { Sync, Resolver: Resolving } = loadProto().meridian.v1
const own = clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 })

/** What an answer says, in a form in which equal ones compare equal. */
export interface Said {
  readonly rcode: string
  readonly aa: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

/** A registry, without its log. */
export class ZoneMesh {
  readonly state = emptyState()
  readonly history = new History(0)
  readonly logHash = ''
  version = 0

  /** False when the command breaks a rule. */
  write(...commands: readonly Command[]): boolean {
    const events = commands.flatMap((command) => {
      const decision = decide(this.state, command)
      return decision.ok ? decision.events : []
    })
    if (events.length === 0) return false
    const record = {
      schema: 1,
      atEpoch: 1,
      actor: 'a',
      cause: 'c',
      version: ++this.version,
      events,
    }
    const touched = touchedBy(this.state, record)
    evolve(this.state, record)
    this.history.push(touched)
    return true
  }

  /** What central itself answers. */
  ask(qname: string, qtype: number): Said {
    const answer = answerQuery(this.state, queryOf(qname, qtype))
    if (answer === undefined) throw new Error('no answer')
    return read(answer)
  }
}

/** An edge that is told of a mesh octet by octet, but by no socket: its control thread, and a data thread. */
export class MeshEdge {
  readonly replica: Replica
  readonly #mesh: ZoneMesh
  readonly #watcher: Watcher
  readonly #sent: Buffer[] = []
  readonly #stage: SteerStage
  readonly #reader: TableReader
  readonly #answerer: TableAnswerer
  readonly #publisher: TablePublisher
  /** Questions to central. */
  asks = 0
  #sequence = 0

  constructor(mesh: ZoneMesh, kind: ReplicaKind, clock: Clock = new ManualClock()) {
    this.#mesh = mesh
    this.replica = new Replica({
      kind,
      own,
      clusters: [own],
      namesMax: 1_000,
      clock,
      onEvict: () => undefined,
    })
    this.#watcher = new Watcher({
      clock,
      source: mesh,
      history: mesh.history,
      edge: {
        session: 's',
        id: 'sfo',
        cluster: 'sfo',
        replica: kind,
        adminUrl: '',
        software: '',
        remote: '',
        connectedEpoch: 0,
        ackVersion: 0,
        sentVersion: 0,
        names: 0,
      },
      namesMax: 1_000,
      hasRoom: () => true,
      send: (message: WatchResponse) => {
        this.#sent.push(Sync.service.Watch.responseSerialize(message))
        return true
      },
    })
    const counts = new SteerCounts()
    const verdicts = new OwnVerdicts()
    const places = { revision: 1, end: 1, placeOf: () => undefined }
    const answers = new AppAnswers({ counts, own: verdicts, random: () => 0, places: () => places })
    const { writer, reader } = openTable()
    this.#reader = reader
    this.#answerer = new TableAnswerer(reader, Buffer.alloc(0), 'tcp', undefined)
    this.#publisher = new TablePublisher({
      replica: this.replica,
      table: writer,
      answers,
      counts,
      own: verdicts,
      clock,
      tick: () => undefined,
    })
    const resolver: Pick<Resolver, 'resolve' | 'isConnected'> = {
      isConnected: true,
      resolve: (key) => Promise.resolve(this.#resolve(key)),
    }
    this.#stage = new SteerStage({
      replica: this.replica,
      resolver: kind === 'full' ? undefined : resolver,
      clock,
      answers,
    })
  }

  /** Takes the full state, or what has changed since it was told last. */
  settle(): void {
    if (this.#watcher.isReady) this.#watcher.pump()
    else this.#watcher.begin(undefined)
    for (let octets = this.#sent.shift(); octets !== undefined; octets = this.#sent.shift()) {
      const { part, change } = Sync.service.Watch.responseDeserialize(octets)
      if (part?.change) {
        const { first, last } = part
        this.replica.applyPart({ first, last, change: checkChange(part.change) }, 'log')
      } else if (change) this.replica.applyChange(checkChange(change))
      this.#watcher.acked(this.replica.tables.version)
    }
  }

  /** Whether all that has changed is in the table. */
  get isSettled(): boolean {
    let isServed = false
    this.#publisher.onceServed(() => (isServed = true))
    return isServed
  }

  async settled(): Promise<void> {
    while (!this.isSettled) await new Promise((resolve) => setImmediate(resolve))
  }

  /** What the edge does now and then. */
  async keepHouse(): Promise<void> {
    await this.#publisher.start()
    await this.#publisher.stop()
  }

  /** As Resolve does. */
  #resolve(key: string): ReturnType<Resolver['resolve']> extends Promise<infer R> ? R : never {
    this.asks++
    const name = nameFromWire(Buffer.from(key, 'latin1'), 0)
    if (name === undefined) throw new Error('a key that is no name')
    this.#watcher.watch(name, ++this.#sequence)
    const { state, version } = this.#mesh
    const told: NameState = watchedNameMessage(state, name, version)
    const { responseSerialize, responseDeserialize } = Resolving.service.Resolve
    const { state: got } = responseDeserialize(
      responseSerialize({ version, inMesh: true, watched: true, state: told }),
    )
    if (got === null) throw new Error('no state')
    return { ok: true, entry: this.replica.learn(key, checkNameState(got), true, 60) }
  }

  /** What the control thread answers. */
  async ask(qname: string, qtype: number): Promise<Said> {
    const wire = queryOf(qname, qtype)
    const q = new Query()
    if (decodeQuery(wire, wire.length, 'tcp', q) !== 'ok') throw new Error('not a query')
    const answer = await this.#stage.ask(q)
    if (answer === undefined) return refused
    return read(encodeAnswer(q, answer, { nsid: Buffer.alloc(0) }))
  }

  /** What a data thread answers; undefined: it leaves it to the control thread. */
  look(qname: string, qtype: number): Said | undefined {
    const slot = Buffer.alloc(65_535)
    const length = queryOf(qname, qtype).copy(slot)
    this.#reader.beginBatch(1)
    const size = this.#answerer.answer(slot, length, new Sender())
    this.#reader.endBatch()
    return size === MISS ? undefined : read(slot.subarray(0, size))
  }
}

const refused: Said = { rcode: 'REFUSED', aa: false, answer: [], authority: [], additional: [] }

function queryOf(name: string, type: number): Buffer {
  return encodeMessage({ ...blankMessage, id: 7, questions: [{ name, type, class: CLASS_IN }] })
}

function read(message: Buffer): Said {
  const walk = walkMessage(message)
  if (walk === undefined) throw new Error(`no message: ${message.toString('hex')}`)
  const section = (records: readonly RecordPlace[]): readonly string[] =>
    records
      .filter(({ type }) => type !== TYPE_OPT)
      .map(({ name, type, ttl, typeAt, rdata }) => {
        const start = typeAt + 10
        const own = rdataFromMessage(message, { type, start, end: start + rdata.length })
        if (own === undefined) throw new Error(`bad rdata of ${name} ${type}`)
        const lower = Buffer.from(rdataKey(type, own), 'latin1')
        return `${name} ${ttl} ${formatRecordType(type)} ${formatRdata(type, lower)}`
      })
      .sort()
  const flags = message.readUInt16BE(2)
  return {
    rcode: rcodeName(flags & 0xf),
    aa: (flags & 0x0400) !== 0,
    answer: section(walk.answers),
    authority: section(walk.authorities),
    additional: section(walk.additionals),
  }
}
