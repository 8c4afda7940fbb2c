import { status } from '@grpc/grpc-js'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { WatchResponse__Output } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import type { Welcome__Output } from '../../shared/rpc/generated/meridian/v1/Welcome.ts'
import { PROTOCOL_VERSION } from '../../shared/rpc/proto.ts'
import type { Startable } from '../../shared/startable.ts'
import { Backoff } from './backoff.ts'
import type { CentralClient, WatchStream } from './central-client.ts'
import { checkChange } from './check.ts'
import { ForgottenNames } from './forgotten-names.ts'
import { sendForgotten, sendNames } from './interest.ts'
import { lossOf } from './loss.ts'
import type { ReplicaMetrics } from './metrics.ts'
import type { ReplicaChange } from './model.ts'
import type { Replica } from './replica.ts'

/** A central that accepts the stream and then says nothing is left after this time. */
const WELCOME_TIMEOUT_MS = 5_000

export interface SyncOptions {
  readonly edgeId: string
  readonly clusterId: string
  readonly software: string
  /** Where the admin HTTP listens; asked when a stream is opened. */
  readonly adminUrl: () => string
  readonly client: CentralClient
  readonly replica: Replica
  /** Of zones or names that a full state may lack which central does not confirm. */
  readonly maxLostPercent: number
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: () => ReplicaMetrics
  /** Hears of each session that begins, and, with an empty one, that none is left. */
  readonly onSession: (session: string) => void
  /** Calls back when all that was applied is answered by. */
  readonly onceServed: (callback: () => void) => void
}

/**
 * Keeps the replica current: one Watch stream, opened again for ever with growing pauses, to the next
 * central when one fails. Whatever a central says that cannot be right ends the stream, is counted,
 * and leaves the tables as they are.
 */
export class ReplicaSync implements Startable {
  readonly #options: SyncOptions
  #stream: WatchStream | undefined
  #session = ''
  #logId = ''
  /** Whether the full state that is under way may replace any other. */
  #isConfirmed = false
  #sequence = 0
  readonly #backoff: Backoff
  #retry: NodeJS.Timeout | undefined
  #welcomeTimer: NodeJS.Timeout | undefined
  readonly #forgotten: ForgottenNames
  #isStopped = false
  #lostAt: number | undefined
  /** Waits for a version, in the order of the calls. */
  readonly #waits = new Set<() => void>()

  constructor(options: SyncOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.random)
    this.#lostAt = options.clock.nowMs()
    this.#forgotten = new ForgottenNames({
      replica: options.replica,
      nextSequence: () => this.nextSequence(),
      send: (names, sequence) => this.#tellForgotten(names, sequence),
    })
    options.replica.onChange(() => {
      for (const check of this.#waits) check()
    })
  }

  /** The session that Resolve names, so that what it tells is kept current; empty without a stream. */
  get session(): string {
    return this.#session
  }

  get isConnected(): boolean {
    return this.#session !== ''
  }

  /** How long there has been no stream, in ms; undefined while there is one. */
  get lostForMs(): number | undefined {
    return this.#lostAt === undefined ? undefined : this.#options.clock.nowMs() - this.#lostAt
  }

  /** The number for the next Resolve or Interest: see Interest.sequence in sync.proto. */
  nextSequence(): number {
    return ++this.#sequence
  }

  async start(): Promise<void> {
    void this.#open()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#retry)
    clearTimeout(this.#welcomeTimer)
    this.#forgotten.stop()
    this.#stream?.cancel()
    this.#options.client.stop()
  }

  /** Asks to hear of a name that was resolved without the present session. */
  watchName(name: Name): void {
    if (this.#options.replica.kind === 'full' || this.#session === '') return
    this.#stream?.write({ interest: { add: [name], sequence: this.nextSequence() } })
  }

  /** Tells central, soon, that a name need not be told any more. */
  forgetName(name: Name): void {
    if (this.#session !== '') this.#forgotten.add(name)
  }

  /** Resolves when the replica has a version, or after `timeoutMs`. */
  async waitForVersion(version: number, timeoutMs: number): Promise<void> {
    const { replica } = this.#options
    if (replica.tables.version >= version || this.#session === '') return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waits.delete(check)
        resolve()
      }
      const check = (): void => {
        if (replica.tables.version >= version) done()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waits.add(check)
    })
  }

  async #open(): Promise<void> {
    const isFound = await this.#options.client.locate()
    if (this.#isStopped) return
    if (isFound) this.#openStream()
    else this.#retry = setTimeout(() => void this.#open(), this.#backoff.nextMs())
  }

  #openStream(): void {
    const { client, replica, edgeId, clusterId, software, adminUrl } = this.#options
    const stream = client.watch()
    this.#stream = stream
    stream.on('data', (message: WatchResponse__Output) => this.#receive(stream, message))
    stream.on('error', (err) => this.#lose(stream, err))
    stream.on('end', () => this.#lose(stream, undefined))
    const late = new MeridianError('MERIDIAN_CENTRAL_UNREACHABLE', 'no Welcome came')
    this.#welcomeTimer = setTimeout(() => this.#fail(stream, late), WELCOME_TIMEOUT_MS)
    stream.write({
      hello: {
        protocol: PROTOCOL_VERSION,
        edgeId,
        clusterId,
        software,
        adminUrl: adminUrl(),
        replica: replica.kind === 'full' ? 'FULL' : 'ON_DEMAND',
        logId: replica.hasState ? replica.tables.logId : '',
        fromVersion: replica.hasState ? replica.tables.version : 0,
        fromHash: replica.hasState ? replica.tables.hash : '',
      },
    })
    if (replica.kind === 'on-demand') this.#sendNames(stream, true)
  }

  #sendNames(stream: WatchStream, isWatched: boolean): void {
    sendNames(stream, this.#options.replica.tables, isWatched, () => this.nextSequence())
  }

  #tellForgotten(names: readonly Name[], sequence: number): void {
    if (this.#session === '' || this.#stream === undefined) return
    sendForgotten(this.#stream, names, sequence)
  }

  #receive(stream: WatchStream, message: WatchResponse__Output): void {
    if (stream !== this.#stream) return
    try {
      if (message.welcome) this.#welcome(stream, message.welcome)
      else if (this.#session === '') throw invalid('something before Welcome')
      else if (message.part) {
        const { first, last, change } = message.part
        if (change === null) throw invalid('a part without a change')
        const part = { first, last, change: checkChange(change) }
        const loss = this.#options.replica.applyPart(part, this.#logId, (before, after) =>
          this.#isConfirmed ? undefined : lossOf(before, after, this.#options),
        )
        if (loss !== undefined) this.#refuse(stream, loss)
        else if (last) this.#applied(stream, undefined)
      } else if (message.change) {
        const change = checkChange(message.change)
        const { version } = this.#options.replica.tables
        const { version: told } = change
        if (told < version) throw invalid(`version ${told} after version ${version}`)
        this.#options.replica.applyChange(change)
        this.#applied(stream, change)
      }
    } catch (err) {
      this.#fail(stream, err)
    }
  }

  #welcome(stream: WatchStream, welcome: Welcome__Output): void {
    const { replica, logger, client, metrics } = this.#options
    clearTimeout(this.#welcomeTimer)
    const { tables } = replica
    if (welcome.protocol !== PROTOCOL_VERSION) {
      const message = `central speaks protocol ${welcome.protocol}, ${PROTOCOL_VERSION} is wanted`
      metrics().rejected('protocol')
      throw new MeridianError('MERIDIAN_CENTRAL_INVALID', message)
    }
    if (welcome.logId === tables.logId && welcome.version < tables.version) {
      metrics().rejected('old-version')
      const message = `central is at version ${welcome.version}, the edge at ${tables.version}`
      throw new MeridianError('MERIDIAN_CENTRAL_INVALID', message)
    }
    if (welcome.logId === '' || welcome.session === '') throw invalid('a Welcome without a session')
    if (replica.hasState && welcome.logId !== tables.logId) {
      if (!welcome.fullState) throw invalid('changes of another log than the one asked for')
      logger.warn({ from: tables.logId, to: welcome.logId }, 'central has another log')
    }
    if (!welcome.fullState) replica.confirm()
    client.reached()
    this.#session = welcome.session
    this.#logId = welcome.logId
    this.#isConfirmed = welcome.confirmed
    // A state that is refused would come again at once.
    if (!welcome.fullState) this.#backoff.reset()
    this.#lostAt = undefined
    metrics().connected()
    logger.info({ central: client.address, version: welcome.version }, 'connected to central')
    if (replica.kind === 'on-demand') this.#sendNames(stream, false)
    this.#options.onSession(welcome.session)
  }

  /** `change`: undefined for a full state. */
  #applied(stream: WatchStream, change: ReplicaChange | undefined): void {
    const { replica, clock, metrics, onceServed } = this.#options
    const { version } = replica.tables
    onceServed(() => stream === this.#stream && stream.write({ ack: { version } }))
    if (change === undefined) {
      this.#backoff.reset()
      metrics().stateReplaced()
      return
    }
    const since = (epochMs: number): number | undefined =>
      epochMs === 0 ? undefined : Math.max(0, clock.epochMs() - epochMs) / 1000
    metrics().changed(since(change.acceptedEpochMs), since(change.sentEpochMs))
  }

  /** Ends a stream because its state lacks too much: what is held is the better. */
  #refuse(stream: WatchStream, loss: string): void {
    const { logger, metrics, client, replica } = this.#options
    metrics().rejected('lost-much')
    const detail = `the state of central ${loss} that the edge holds, grpc.confirmStates of central is wanted`
    const told = { central: client.address, detail, version: replica.tables.version }
    logger.error(told, 'state of central refused')
    stream.cancel()
    this.#lose(stream, undefined)
  }

  /** Ends a stream because of what central said, or did not say. */
  #fail(stream: WatchStream, err: unknown): void {
    const { logger, metrics, client } = this.#options
    metrics().rejected('invalid')
    logger.warn({ central: client.address, detail: messageOf(err) }, 'central was not understood')
    stream.cancel()
    this.#lose(stream, undefined)
  }

  #lose(stream: WatchStream, err: (Error & { readonly code?: status }) | undefined): void {
    if (stream !== this.#stream) return
    const { replica, client, logger, clock, metrics } = this.#options
    clearTimeout(this.#welcomeTimer)
    this.#stream = undefined
    this.#session = ''
    this.#forgotten.clear()
    this.#lostAt ??= clock.nowMs()
    replica.dropParts()
    this.#options.onSession('')
    for (const check of this.#waits) check()
    if (this.#isStopped) return
    metrics().disconnected()
    if (err?.code === status.FAILED_PRECONDITION) metrics().rejected('old-version')
    if (this.#backoff.isFresh) {
      logger.warn({ central: client.address, detail: err?.message ?? 'ended' }, 'central is lost')
    }
    client.next()
    this.#retry = setTimeout(() => void this.#open(), this.#backoff.nextMs())
  }
}

function invalid(what: string): MeridianError {
  return new MeridianError('MERIDIAN_CENTRAL_INVALID', `central sent ${what}`)
}
