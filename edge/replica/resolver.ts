import { LRUCache } from 'lru-cache'
import { nameFromWire } from '../../shared/dns/name.ts'
import type { Clock } from '../../shared/clock.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { CentralClient } from './central-client.ts'
import { checkNameState } from './check.ts'
import type { ReplicaMetrics } from './metrics.ts'
import type { NameState } from './model.ts'
import { hasOwn } from './names.ts'
import type { NameEntry } from './names.ts'
import type { Replica } from './replica.ts'
import type { ReplicaSync } from './sync.ts'

/** Questions that may be under way; a name beyond them fails at once. */
const IN_FLIGHT_MAX = 10_000
/** RFC 9520 §3.2: a failure is remembered for 1 s at least; longer would delay the recovery. */
const FAILURE_MS = 1_000
/** Names whose failure is remembered. */
const FAILURES_MAX = 10_000

/** What asking central for a name came to. */
export type Resolution =
  | { readonly ok: true; readonly entry: NameEntry }
  | { readonly ok: false; readonly reason: 'not-in-mesh' | 'unreachable' | 'busy' }

export interface ResolverOptions {
  readonly client: CentralClient
  readonly replica: Replica
  readonly sync: ReplicaSync
  readonly timeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: () => ReplicaMetrics
}

/** Asks central for names that the edge does not know: once, however many ask at the same time. */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #inFlight = new Map<string, Promise<Resolution>>()
  readonly #failures: LRUCache<string, true>

  constructor(options: ResolverOptions) {
    this.#options = options
    this.#failures = new LRUCache({
      max: FAILURES_MAX,
      ttl: FAILURE_MS,
      perf: { now: () => options.clock.nowMs() },
    })
  }

  /** Whether central is likely to answer at once. */
  get isConnected(): boolean {
    return this.#options.sync.isConnected
  }

  /** `negativeTtl`: seconds that a name which does not exist may be taken for granted. */
  resolve(key: string, negativeTtl: number): Promise<Resolution> {
    const { metrics } = this.#options
    const underWay = this.#inFlight.get(key)
    if (underWay !== undefined) {
      metrics().coalesced()
      return underWay
    }
    if (this.#failures.has(key)) return Promise.resolve({ ok: false, reason: 'unreachable' })
    if (this.#inFlight.size >= IN_FLIGHT_MAX) return Promise.resolve({ ok: false, reason: 'busy' })
    const asked = this.#ask(key, negativeTtl).finally(() => {
      this.#inFlight.delete(key)
      this.#options.replica.unexpect(key)
    })
    this.#inFlight.set(key, asked)
    return asked
  }

  async #ask(key: string, negativeTtl: number): Promise<Resolution> {
    const { client, replica, sync, timeoutMs, clock, metrics } = this.#options
    const startedAt = clock.nowMs()
    const seconds = (): number => (clock.nowMs() - startedAt) / 1000
    const name = nameFromWire(Buffer.from(key, 'latin1'), 0)
    if (name === undefined) throw new TypeError('a key that is no name')
    replica.expect(key)
    try {
      const { session } = sync
      const response = await client.resolve(
        { name, session, sequence: sync.nextSequence() },
        timeoutMs,
      )
      if (!response.inMesh) {
        metrics().resolved('not-in-mesh', seconds())
        return { ok: false, reason: 'not-in-mesh' }
      }
      if (response.state === null || response.state.name !== name) {
        throw new MeridianError('MERIDIAN_CENTRAL_INVALID', 'central answered for another name')
      }
      const state = checkNameState(response.state)
      await this.#waitForPlaces(state, Math.max(0, timeoutMs - seconds() * 1000))
      // What Watch is to tell holds only while the session does that central has noted the name for.
      const isWatched = response.watched && session !== '' && session === sync.session
      const entry = replica.learn(key, state, isWatched, trustSecondsOf(state, negativeTtl))
      if (!isWatched) sync.watchName(name)
      metrics().resolved(state.kind, seconds())
      return { ok: true, entry }
    } catch (err) {
      this.#failures.set(key, true)
      metrics().resolved('failed', seconds())
      this.#options.logger.debug({ detail: messageOf(err) }, 'central did not answer')
      return { ok: false, reason: 'unreachable' }
    }
  }

  /** An app may name a cluster that Watch is about to tell of: then its place is waited for. */
  async #waitForPlaces(state: NameState, timeoutMs: number): Promise<void> {
    const { replica, sync } = this.#options
    if (state.kind !== 'app') return
    const { clusters } = replica.tables
    if (state.app.endpoints.every((endpoint) => clusters.has(endpoint.cluster))) return
    await sync.waitForVersion(state.version, timeoutMs)
  }
}

/** For how long a name may be used that Watch does not keep current. */
function trustSecondsOf(state: NameState, negativeTtl: number): number {
  if (state.kind === 'app') return state.app.ttlMax
  const { rrsets = [] } = state
  return hasOwn(state) ? Math.min(...rrsets.map(({ ttl }) => ttl)) : negativeTtl
}
