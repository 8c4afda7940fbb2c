import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { NameState as NameStateMessage } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { RegistryState, Stored, StoredApp } from '../model/state.ts'
import type { ConnectedEdge } from '../registry/edges.ts'
import type { History, TouchedSince } from '../registry/history.ts'
import {
  appNameStateMessage,
  changeMessage,
  clusterMessage,
  nameStateMessage,
  networkMessage,
  watchedNameMessage,
  zoneMessage,
} from './messages.ts'
import { textOf } from './record-messages.ts'
import { touchedNames } from './touched-names.ts'

/** Changes that may be on their way to an edge, not acknowledged yet; more wait and are merged. */
const UNACKED_MAX = 4
/** Names in one part of the full state, and in one Change that answers Interest. */
const PART_NAMES = 1000
/** A part of the full state ends with the network that brings it to so many prefixes: the edge checks each. */
const PART_PREFIXES = 2000
/** A part ends with the name that brings the text of its records to so many characters. */
const PART_TEXT_CHARACTERS = 524_288

/** What a watcher reads: the registry, without the right to write. */
export interface WatchSource {
  readonly state: RegistryState
  readonly version: number
  /** Hash of the history that led to the version. */
  readonly logHash: string
}

export interface WatcherOptions {
  readonly source: WatchSource
  readonly history: History
  readonly edge: ConnectedEdge
  /** Names that one edge may hear of. */
  readonly namesMax: number
  readonly clock: Pick<Clock, 'epochMs'>
  /** Sends a message. */
  readonly send: (message: WatchResponse) => void
  /** Whether the stream takes one more; `pump` is called when it does again. */
  readonly hasRoom: () => boolean
}

type Phase =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'state'
      readonly from: number
      readonly parts: Iterator<StateItem>
      hasBegun: boolean
    }
  | { readonly kind: 'live' }

type StateItem =
  | { readonly head: true }
  | { readonly network: Stored<Network> }
  | { readonly app: StoredApp }
  | { readonly name: Name }
  | { readonly records: Name }

/**
 * What one edge is told, and when. There is no queue: the watcher remembers up to which version the
 * edge was told, and when the stream has room it tells all that was touched since, merged, as it
 * stands now. An edge that is slow gets fewer, larger steps; one that is too far behind gets the full
 * state. So its cost to central is bounded by the names that it hears of.
 *
 * A full state is read from the live tables in parts while writes go on; its last part holds all that
 * was touched since the first, so that the sum is the state of one version.
 */
export class Watcher {
  readonly edge: ConnectedEdge
  readonly #source: WatchSource
  readonly #history: History
  readonly #namesMax: number
  readonly #clock: Pick<Clock, 'epochMs'>
  readonly #send: (message: WatchResponse) => void
  readonly #hasRoom: () => boolean
  /** Names that the edge hears of, with the sequence number that asked for them last. */
  readonly #names = new Map<Name, number>()
  /** Names to tell although nothing touched them: the edge has just asked to hear of them. */
  readonly #asked = new Set<Name>()
  readonly #unacked: number[] = []
  #phase: Phase = { kind: 'waiting' }
  #told = 0

  constructor(options: WatcherOptions) {
    this.edge = options.edge
    this.#source = options.source
    this.#history = options.history
    this.#namesMax = options.namesMax
    this.#clock = options.clock
    this.#send = options.send
    this.#hasRoom = options.hasRoom
  }

  /** Whether the edge has named all that it holds, so that it can be told. */
  get isReady(): boolean {
    return this.#phase.kind !== 'waiting'
  }

  /** Begins to tell: from a version on, or (undefined) the full state. */
  begin(fromVersion: number | undefined): void {
    this.#told = fromVersion ?? 0
    if (fromVersion === undefined) this.#beginState()
    else this.#phase = { kind: 'live' }
    this.pump()
  }

  /** Adds a name that the edge hears of from now on; false when it hears of too many already. */
  watch(name: Name, sequence: number): boolean {
    if (this.edge.replica === 'full') return true
    const before = this.#names.get(name)
    if (before === undefined && this.#names.size >= this.#namesMax) return false
    this.#names.set(name, Math.max(before ?? 0, sequence))
    this.edge.names = this.#names.size
    return true
  }

  /** Adds a name as `watch` does and tells its present state in the next Change. */
  ask(name: Name, sequence: number): boolean {
    if (!this.watch(name, sequence)) return false
    if (this.isReady && this.edge.replica === 'on-demand') this.#asked.add(name)
    return true
  }

  /** Removes a name, unless a later sequence number has asked for it. */
  unwatch(name: Name, sequence: number): void {
    if ((this.#names.get(name) ?? Infinity) > sequence) return
    this.#names.delete(name)
    this.#asked.delete(name)
    this.edge.names = this.#names.size
  }

  acked(version: number): void {
    while (this.#unacked[0] !== undefined && this.#unacked[0] <= version) this.#unacked.shift()
    this.pump()
  }

  /** Whether something was sent that the edge has not acknowledged. */
  get isOwedAck(): boolean {
    return this.#unacked.length > 0
  }

  /** Sends what there is to send while the stream has room. */
  pump(): void {
    if (this.#phase.kind === 'waiting') return
    while (this.#unacked.length < UNACKED_MAX && this.#hasRoom()) {
      if (this.#phase.kind === 'state') this.#sendPart(this.#phase)
      else if (!this.#sendChange()) return
    }
  }

  #beginState(): void {
    this.#asked.clear()
    this.#phase = {
      kind: 'state',
      from: this.#source.version,
      parts: this.#items(),
      hasBegun: false,
    }
  }

  *#items(): Iterator<StateItem> {
    yield { head: true }
    for (const network of this.#source.state.networks.values()) yield { network }
    if (this.edge.replica === 'full') {
      const { apps, records } = this.#source.state
      for (const app of apps.values()) yield { app }
      for (const name of records.keys()) if (!apps.has(name)) yield { records: name }
    } else {
      for (const name of this.#names.keys()) yield { name }
    }
  }

  #sendPart(phase: Extract<Phase, { kind: 'state' }>): void {
    const { state, version } = this.#source
    const change = emptyChange(phase.from)
    let prefixes = 0
    let text = 0
    while (
      change.names.length < PART_NAMES &&
      prefixes < PART_PREFIXES &&
      text < PART_TEXT_CHARACTERS
    ) {
      const next = phase.parts.next()
      if (next.done === true) return this.#sendLastPart(phase, change)
      const item = next.value
      const told = change.names.length
      if ('app' in item) change.names.push(appNameStateMessage(state, item.app, version))
      else if ('name' in item) change.names.push(watchedNameMessage(state, item.name, version))
      else if ('records' in item) change.names.push(nameStateMessage(state, item.records, version))
      else if ('network' in item) {
        const { value } = item.network
        change.networks.push(networkMessage(value))
        prefixes += value.prefixes.length
      } else {
        for (const cluster of state.clusters.values()) {
          change.clusters.push(clusterMessage(state, cluster.value))
        }
        for (const zone of state.zones.values()) change.zones.push(zoneMessage(zone))
      }
      for (const message of change.names.slice(told)) text += textOf(message)
    }
    this.#send({ part: { ...this.#takeFirst(phase), last: false, change } })
  }

  #sendLastPart(
    phase: Extract<Phase, { kind: 'state' }>,
    rest: ReturnType<typeof emptyChange>,
  ): void {
    const touched = this.#history.since(phase.from)
    if (touched === undefined) {
      // More was written meanwhile than the history holds: begin anew.
      this.#beginState()
      return
    }
    this.#send({ part: { ...this.#takeFirst(phase), last: false, change: rest } })
    const names = this.#namesOf(touched)
    if (names === undefined) {
      this.#beginState()
      return
    }
    const change = {
      ...changeMessage(this.#source.state, touched, names),
      hash: this.#source.logHash,
    }
    this.#sent(touched.version)
    this.#phase = { kind: 'live' }
    this.#send({ part: { first: false, last: true, change } })
  }

  /** Sends one merged Change; false when there is nothing to tell. */
  #sendChange(): boolean {
    const { state, version } = this.#source
    if (this.#told === version && this.#asked.size === 0) return false
    const touched = this.#history.since(this.#told)
    const names = touched && this.#namesOf(touched)
    if (touched === undefined || names === undefined) {
      this.#beginState()
      return true
    }
    for (const name of this.#asked) {
      if (names.length >= PART_NAMES) break
      this.#asked.delete(name)
      names.push(watchedNameMessage(state, name, version))
    }
    const change = { ...changeMessage(state, touched, names), hash: this.#source.logHash }
    this.#sent(version)
    this.#send({ change: { ...change, sentEpochMs: this.#clock.epochMs() } })
    return true
  }

  #namesOf(touched: TouchedSince): NameStateMessage[] | undefined {
    const held = this.edge.replica === 'full' ? 'all' : this.#names
    return touchedNames(this.#source.state, touched, held)
  }

  #takeFirst(phase: Extract<Phase, { kind: 'state' }>): { first: boolean } {
    const first = !phase.hasBegun
    phase.hasBegun = true
    return { first }
  }

  #sent(version: number): void {
    this.#told = version
    this.edge.sentVersion = version
    this.#unacked.push(version)
  }
}

function emptyChange(version: number): ReturnType<typeof changeMessage> & {
  clusters: ReturnType<typeof clusterMessage>[]
  zones: ReturnType<typeof zoneMessage>[]
  networks: ReturnType<typeof networkMessage>[]
} {
  return {
    version,
    acceptedEpochMs: 0,
    clusters: [],
    clustersDeleted: [],
    zones: [],
    zonesDeleted: [],
    serials: [],
    networks: [],
    networksDeleted: [],
    names: [],
  }
}
