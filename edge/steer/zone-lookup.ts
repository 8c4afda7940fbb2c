import { TYPE_DS, TYPE_NS } from '../../shared/dns/codes.ts'
import { parentKey, wildcardKey } from '../../shared/records/follow.ts'
import type { WireRrset, ZoneLookup, ZoneNode } from '../../shared/records/follow.ts'
import { standingOf } from '../../shared/records/standing.ts'
import { FullNames } from '../replica/full-names.ts'
import type { NameEntry, NameTable } from '../replica/names.ts'
import type { Tables } from '../replica/tables.ts'
import { suffixAt } from './block-writer.ts'
import type { ServedZone, ZoneTable } from './zones.ts'

/** How the names of the mesh stand in its zones, for one question. */
export interface MeshLookup extends ZoneLookup<ServedZone> {
  /** The zone that a question is for. */
  readonly zoneOf: (name: string, isDs: boolean) => ServedZone | undefined
  /** What is held of a name that was found. */
  readonly entryOf: (name: string) => NameEntry | undefined
  /** Static records of a name server; `of`: the name that was found at or below a cut, else the apex. */
  readonly serverOf: (name: string, of: string) => readonly WireRrset[]
  /** Until when what was found may be used (monotonic ms). */
  readonly expiresAt: number
  /** Names that were looked for and are to be asked for. */
  readonly missing: ReadonlySet<string>
  /** How often one was: more often than before, where one and the same answer lacks something. */
  readonly misses: number
}

/** What has come of asking for the names of one question. */
export interface Asked {
  /** Used though they may have expired, or had to make room, since. */
  readonly taken: ReadonlyMap<string, NameEntry>
  /** Nobody can say what they are. */
  readonly givenUp: ReadonlySet<string>
}

/**
 * Looks names up in the tables as they are at the moment. Of a replica on demand names that are not held, or
 * have expired, are unknown.
 */
export function lookupIn(tables: Tables, nowMs: number, asked: Asked = nothingAsked): MeshLookup {
  const { zones, names } = tables
  return names instanceof FullNames
    ? new FullLookup(zones, names)
    : new OnDemandLookup(zones, names, nowMs, asked)
}

const nothingAsked: Asked = { taken: new Map(), givenUp: new Set() }

const nothingMissing: ReadonlySet<string> = new Set()

/** Where nothing expires. */
class FullLookup implements MeshLookup {
  readonly expiresAt = Infinity
  readonly missing: ReadonlySet<string> = nothingMissing
  readonly misses = 0
  readonly #zones: ZoneTable
  readonly #names: FullNames

  constructor(zones: ZoneTable, names: FullNames) {
    this.#zones = zones
    this.#names = names
  }

  readonly zoneOf = (name: string, isDs: boolean): ServedZone | undefined =>
    zoneFor(this.#zones, name, isDs)

  readonly find = (name: string, isDs: boolean): ZoneNode<ServedZone> | 'outside' => {
    const zone = this.zoneOf(name, isDs)
    if (zone === undefined) return 'outside'
    if (name.length === zone.apexBytes) return this.#nodeAt('name', zone, name)
    // In most meshes nothing hides what is there.
    if (!this.#names.hasMarks && this.#exists(name)) return this.#nodeAt('name', zone, name)
    const apex = name.slice(name.length - zone.apexBytes)
    const standing = standingOf<string>(this.#nodes, { apex, name, isDs })
    if (standing.is === 'nothing') {
      return { is: 'nothing', at: '', zone, rrsets: noRrsets, hasApp: false }
    }
    return this.#nodeAt(standing.is, zone, standing.at)
  }

  readonly entryOf = (name: string): NameEntry => this.#names.get(name)

  readonly serverOf = (name: string): readonly WireRrset[] => this.#names.recordsOf(name).rrsets

  readonly #nodes = {
    parentOf: parentKey,
    wildcardOf: wildcardKey,
    exists: (name: string): boolean => this.#exists(name),
    isCut: (name: string): boolean => this.#names.marksOf(name).hasNs,
    isRedirect: (name: string): boolean => this.#names.marksOf(name).hasDname,
  }

  #exists(name: string): boolean {
    return this.#names.holds(name) || this.#names.ancestors.has(name) || this.#zones.hasKey(name)
  }

  #nodeAt(
    is: Exclude<ZoneNode<ServedZone>['is'], 'nothing'>,
    zone: ServedZone,
    at: string,
  ): ZoneNode<ServedZone> {
    const { rrsets, hasApp } = this.#names.recordsOf(at)
    return nodeOf(is, { zone, at, rrsets, hasApp, isApex: this.#zones.hasKey(at) })
  }
}

/** Where names are asked for. */
class OnDemandLookup implements MeshLookup {
  expiresAt = Infinity
  readonly missing = new Set<string>()
  misses = 0
  readonly #zones: ZoneTable
  readonly #names: NameTable
  readonly #nowMs: number
  readonly #asked: Asked

  constructor(zones: ZoneTable, names: NameTable, nowMs: number, asked: Asked) {
    this.#zones = zones
    this.#names = names
    this.#nowMs = nowMs
    this.#asked = asked
  }

  readonly zoneOf = (name: string, isDs: boolean): ServedZone | undefined =>
    zoneFor(this.#zones, name, isDs)

  readonly find = (name: string, isDs: boolean): ZoneNode<ServedZone> | 'outside' | 'unknown' => {
    const zone = this.zoneOf(name, isDs)
    if (zone === undefined || this.#asked.givenUp.has(name)) return 'outside'
    const entry = this.#take(name)
    if (entry === undefined) return 'unknown'
    const { kind, rrsets, cover } = entry
    const isApex = this.#zones.hasKey(name)
    // RFC 4035 §3.1.4.1: the DS records of a cut stand above it.
    if (cover !== undefined && !(isDs && cover.owner.key === name)) {
      const at = cover.owner.key
      const hasApp = cover.is === 'wildcard' ? this.#hasApp(at) : false
      return { is: cover.is, at, zone, rrsets: cover.owner.rrsets, hasApp }
    }
    if (kind === 'nxdomain' && !isApex) {
      return { is: 'nothing', at: '', zone, rrsets: noRrsets, hasApp: false }
    }
    return nodeOf('name', { zone, at: name, rrsets, hasApp: kind === 'app', isApex })
  }

  readonly entryOf = (name: string): NameEntry | undefined =>
    this.#names.get(name) ?? this.#asked.taken.get(name)

  readonly serverOf = (name: string, of: string): readonly WireRrset[] => {
    const { cover } = this.entryOf(of) ?? {}
    // Central tells of a change of what is below a cut with the cut, and of no other.
    if (cover !== undefined && suffixAt(name, cover.owner.key) >= 0) {
      return cover.glue.find(({ key }) => key === name)?.rrsets ?? noRrsets
    }
    if (this.zoneOf(name, false) === undefined || this.#asked.givenUp.has(name)) return noRrsets
    return this.#take(name)?.rrsets ?? noRrsets
  }

  /** The entry of a name, where it may be used. */
  #take(name: string): NameEntry | undefined {
    const entry = this.entryOf(name)
    const isGood = entry !== undefined && entry.expiresAt > this.#nowMs
    if (entry === undefined || !(isGood || this.#asked.taken.has(name))) {
      this.missing.add(name)
      this.misses++
      return undefined
    }
    this.expiresAt = Math.min(this.expiresAt, entry.expiresAt)
    return entry
  }

  /** Central tells only of the static records of what covers a name. */
  #hasApp(name: string): boolean | 'unknown' {
    if (this.#asked.givenUp.has(name)) return false
    const entry = this.#take(name)
    return entry === undefined ? 'unknown' : entry.kind === 'app'
  }
}

/** RFC 4035 §3.1.4.1: DS at an apex belongs to the zone above, if that is held too. */
function zoneFor(zones: ZoneTable, name: string, isDs: boolean): ServedZone | undefined {
  const above = isDs ? zones.find(name, 1 + name.charCodeAt(0)) : undefined
  return above ?? zones.find(name)
}

function nodeOf(
  is: Exclude<ZoneNode<ServedZone>['is'], 'nothing'>,
  {
    zone,
    at,
    rrsets,
    hasApp,
    isApex,
  }: {
    readonly zone: ServedZone
    readonly at: string
    readonly rrsets: readonly WireRrset[]
    readonly hasApp: boolean
    readonly isApex: boolean
  },
): ZoneNode<ServedZone> {
  if (!isApex) return { is, at, zone, rrsets, hasApp }
  // Of the apex of a zone below only DS is of this zone.
  if (at.length !== zone.apexBytes) {
    const ofParent = rrsets.filter(({ type }) => type === TYPE_DS)
    return { is, at, zone, rrsets: ofParent, hasApp: false }
  }
  const own = rrsets.filter(({ type }) => type !== TYPE_DS && type !== TYPE_NS)
  return { is, at, zone, rrsets: [...zone.apexRrsets, ...own], hasApp }
}

const noRrsets: readonly WireRrset[] = []
