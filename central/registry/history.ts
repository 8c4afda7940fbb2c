import type { Name } from '../../shared/dns/name.ts'
import type { Touched } from './touched.ts'

/** How far back an edge may resume, in changes. */
const CHANGES_MAX = 10_000
/** How many touched names and networks the whole history may hold, so that a few huge changes do not fill memory. */
const NAMES_MAX = 1_000_000
/** An edge that has missed more names and networks than this gets the full state, which costs less. */
const MERGE_NAMES_MAX = 50_000

/** All that was touched after one version, up to another. */
export interface TouchedSince {
  readonly version: number
  readonly acceptedEpochMs: number
  readonly clusters: ReadonlySet<string>
  readonly zones: ReadonlySet<Name>
  readonly serials: ReadonlySet<Name>
  readonly names: ReadonlySet<Name>
  readonly covers: ReadonlySet<Name>
  readonly networks: ReadonlySet<string>
}

/** What the last changes touched; older ones are forgotten. */
export class History {
  readonly #changes: Touched[] = []
  #names = 0
  /** The version after which all changes are remembered. */
  #after: number
  #head: number
  #cached: { readonly after: number; readonly merged: TouchedSince | undefined } | undefined

  constructor(version: number) {
    this.#after = version
    this.#head = version
  }

  push(touched: Touched): void {
    this.#cached = undefined
    this.#changes.push(touched)
    this.#names += countOf(touched)
    this.#head = touched.version
    while (this.#changes.length > CHANGES_MAX || this.#names > NAMES_MAX) {
      const oldest = this.#changes.shift()
      if (oldest === undefined) return
      this.#names -= countOf(oldest)
      this.#after = oldest.version
    }
  }

  /** Merges what was touched after a version; undefined when that is too far back or too much. */
  since(version: number): TouchedSince | undefined {
    // Most edges are at the same version, so the last merge serves nearly all of them.
    if (this.#cached?.after === version) return this.#cached.merged
    const merged = version < this.#after || version > this.#head ? undefined : this.#merge(version)
    this.#cached = { after: version, merged }
    return merged
  }

  #merge(after: number): TouchedSince | undefined {
    const clusters = new Set<string>()
    const zones = new Set<Name>()
    const serials = new Set<Name>()
    const names = new Set<Name>()
    const covers = new Set<Name>()
    const networks = new Set<string>()
    // Versions have no gaps, so the place of a version in the list is known.
    const start = after - this.#after
    const acceptedEpochMs = this.#changes[start]?.acceptedEpochMs ?? 0
    for (let i = start; i < this.#changes.length; i++) {
      const touched = this.#changes[i]
      if (touched === undefined) break
      addAll(clusters, touched.clusters)
      addAll(zones, touched.zones)
      addAll(serials, touched.serials)
      addAll(names, touched.names)
      addAll(covers, touched.covers)
      addAll(networks, touched.networks)
      if (countOf({ names, networks }) > MERGE_NAMES_MAX) return undefined
    }
    return {
      version: this.#head,
      acceptedEpochMs,
      clusters,
      zones,
      serials,
      names,
      covers,
      networks,
    }
  }
}

function countOf({ names, networks }: Pick<Touched, 'names' | 'networks'>): number {
  return names.size + networks.size
}

function addAll<T>(into: Set<T>, from: ReadonlySet<T>): void {
  for (const item of from) into.add(item)
}
