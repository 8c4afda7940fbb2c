import { checkChange } from '../../edge/replica/check.ts'
import type { ReplicaApp, ReplicaChange } from '../../edge/replica/model.ts'
import { checkTask } from '../../edge/health/check-task.ts'
import { CutOff } from '../../edge/health/cut-off.ts'
import { OwnVerdicts } from '../../edge/health/own-verdicts.ts'
import type { Probe } from '../../edge/health/probe.ts'
import { Prober } from '../../edge/health/prober.ts'
import { decideSteering } from '../../edge/steer/decide.ts'
import type { Topology } from '../../edge/steer/topology.ts'
import { TYPE_A } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import { createLogger } from '../../shared/log.ts'
import { healthStateName } from '../../shared/rpc/health-states.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import type { CheckAssignment } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { Finding__Output } from '../../shared/rpc/generated/meridian/v1/Finding.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import type { SimCentral, SimSession } from './sim-central.ts'
import { SimLink } from './sim-link.ts'
import type { SimTime } from './sim-time.ts'

const { Sync, Health } = loadProto().meridian.v1
const logger = createLogger('silent', {})

/** What came over the stream, as an edge reads it. */
interface Read {
  readonly part: { readonly first: boolean; readonly last: boolean } | undefined
  readonly change: ReplicaChange
}

/**
 * What central tells, through the wire and the checks of an edge. What is told of the same versions is
 * the same for all edges of the world, for they ask for the same names: it is read once.
 */
export class WireReader {
  readonly #read = new Map<string, Read>()

  read(message: WatchResponse, from: number): Read {
    const { part } = message
    const change = part?.change ?? message.change
    const key = `${part?.first} ${part?.last} ${from} ${Number(change?.version)}`
    let read = this.#read.get(key)
    if (read === undefined) {
      const { responseSerialize, responseDeserialize } = Sync.service.Watch
      const got = responseDeserialize(responseSerialize(message))
      const gotChange = got.part?.change ?? got.change
      if (gotChange == null) throw new Error('a message without a change')
      read = { part: got.part ?? undefined, change: checkChange(gotChange) }
      this.#read.set(key, read)
    }
    return read
  }
}

export interface SimEdgeOptions {
  /** Its place, and that of all clusters. */
  readonly topology: Topology
  readonly names: readonly Name[]
  readonly time: SimTime
  readonly central: SimCentral
  readonly wire: WireReader
  readonly random: () => number
  readonly probe: Probe
}

/** What an edge holds of central's state. */
interface Held {
  readonly logId: string
  readonly apps: Map<Name, ReplicaApp>
  version: number
  hash: string
}

/** An edge, put together as `edge.ts` does, but for its sockets and tables; probes are those of the world. */
export class SimEdge {
  readonly id: string
  readonly link: SimLink
  readonly #options: SimEdgeOptions
  readonly #own = new OwnVerdicts()
  readonly #cutOff: CutOff
  readonly #prober: Prober
  readonly #pending = new Map<number, Finding__Output>()
  /** Names of which the answer has to be made anew. */
  readonly #stale: Set<Name>
  #logId = ''
  #held: Held = createHeld('')
  /** A full state that is under way. */
  #staged: Held | undefined

  constructor(options: SimEdgeOptions) {
    const { topology, names, time, central, random, probe } = options
    this.#options = options
    this.id = topology.own.id
    this.#stale = new Set(names)
    this.#prober = new Prober({
      options: { probesMax: 256, commands: {} },
      clock: time.clock,
      random,
      logger,
      onFinding: (finding, task) => {
        const { task: id, state, detail } = finding
        if (this.#pending.size === 0) time.setTimer(() => this.#report(), 0)
        this.#pending.set(id, { task: id, state: healthStateName(state), detail })
        this.#cutOff.take(finding, task)
      },
      probeOf: () => probe,
      setTimer: time.setTimer,
    })
    this.#cutOff = new CutOff({
      own: this.#own,
      findings: this.#prober,
      onChange: (name) => void this.#stale.add(name),
      logger,
    })
    this.link = new SimLink({
      time,
      central,
      random,
      end: {
        hello: () => ({
          edge: this.id,
          cluster: this.id,
          names,
          logId: this.#held.logId,
          fromVersion: this.#held.version,
          fromHash: this.#held.hash,
        }),
        onSession: (session) => this.#begin(session),
        onWatch: (message, from) => this.#receive(message, from),
        onTasks: (message) => this.#take(message),
        onLost: () => {
          this.#staged = undefined
          this.#pending.clear()
          this.#cutOff.lost()
        },
      },
    })
  }

  /** Whether what it finds out itself counts. */
  get isCutOff(): boolean {
    return this.#cutOff.isCutOff
  }

  async start(): Promise<void> {
    await this.#prober.start()
    this.link.open()
  }

  /** Is gone, without a word to anybody. */
  async die(): Promise<void> {
    this.link.abandon()
    this.#cutOff.stop()
    await this.#prober.stop()
  }

  /** The endpoints that it checks. */
  *tasks(): Iterable<{ readonly app: Name; readonly cluster: string }> {
    for (const { task } of this.#prober.findings()) {
      const found = this.#prober.taskOf(task)
      if (found !== undefined) yield found
    }
  }

  // ---- as edge/replica and edge/health/reporter.ts do ----

  #begin(session: SimSession): void {
    this.#logId = session.logId
    this.#cutOff.found()
  }

  #receive(message: WatchResponse, from: number): void {
    const { part, change } = this.#options.wire.read(message, from)
    if (part?.first === true) this.#staged = createHeld(this.#logId)
    const held = part === undefined ? this.#held : this.#staged
    if (held === undefined) throw new Error('a later part of a state came first')
    for (const state of change.names) {
      if (state.kind === 'app') held.apps.set(state.name, state.app)
      this.#stale.add(state.name)
    }
    if (part?.last === false) return
    held.version = change.version
    held.hash = change.hash
    this.#held = held
    this.link.acked(held.version)
  }

  #take(message: CheckAssignment): void {
    const { responseSerialize, responseDeserialize } = Health.service.Check
    const { first, put, delete: deleted } = responseDeserialize(responseSerialize(message))
    if (first) this.#prober.renew()
    for (const id of deleted) this.#prober.delete(id)
    for (const task of put) this.#prober.put(checkTask(task))
  }

  #report(): void {
    if (this.#pending.size === 0) return
    this.link.report([...this.#pending.values()])
    this.#pending.clear()
  }

  // ---- as edge/steer/app-answers.ts does: an answer is made when it is asked for, and kept ----

  /** Gives what may be answered otherwise than before: the cluster of each name, undefined for none. */
  newAnswers(): readonly { readonly name: Name; readonly cluster: string | undefined }[] {
    if (this.#stale.size === 0) return []
    const answers = []
    for (const name of this.#stale) {
      const app = this.#held.apps.get(name)
      if (app === undefined) continue
      const told = this.#own.over(name, app)
      const { chosen } = decideSteering(told, TYPE_A, this.#options.topology)
      answers.push({ name, cluster: chosen[0]?.endpoint.cluster })
    }
    this.#stale.clear()
    return answers
  }
}

function createHeld(logId: string): Held {
  return { logId, apps: new Map(), version: 0, hash: '' }
}
