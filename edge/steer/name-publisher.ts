import { CLASS_IN, TYPE_A, TYPE_AAAA, TYPE_NS, TYPE_SOA } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import { FullNames } from '../replica/full-names.ts'
import type { HeldApp } from '../replica/full-names.ts'
import { hasRrsetsAt, noteDeclared } from '../replica/name-record.ts'
import type { OwnVerdicts } from '../health/own-verdicts.ts'
import type { NameTable } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import type { EntryTimes } from '../table/record.ts'
import { untilReplaced } from '../table/record.ts'
import type { NameEntries } from '../table/name-entries.ts'
import type { TableWriter } from '../table/writer.ts'
import { apexPublicationOf } from './apex-publication.ts'
import type { AppAnswers } from './app-answers.ts'
import { secondsOf } from './data-clock.ts'
import { declareAs } from './declare-as.ts'
import { Dependents } from './dependents.ts'
import type { SteerCounts } from './metrics.ts'
import { PackedPublisher } from './packed-publisher.ts'
import { PlacedNames } from './placed-names.ts'
import { publicationOf } from './publication.ts'
import type { Publication } from './publication.ts'
import { versionKey } from './version-answers.ts'
import { lookupIn } from './zone-lookup.ts'
import type { MeshLookup } from './zone-lookup.ts'
import { ZoneShapes } from './zone-shapes.ts'
import type { ServedZone } from './zones.ts'

export interface NamePublisherOptions {
  readonly replica: Replica
  readonly table: TableWriter
  readonly answers: AppAnswers
  readonly counts: SteerCounts
  /** What counts in place of central's verdicts. */
  readonly own: OwnVerdicts
}

/** Brings the answer table's entries of single names and zones to what the replica holds of them. */
export class NamePublisher {
  readonly #options: NamePublisherOptions
  /** Whether all names of the zone with an apex are in the table. */
  readonly #isWhole: (apex: string) => boolean
  /** Names that go by the place of the client. */
  readonly #placed: PlacedNames
  #shapes = new ZoneShapes()
  /** Which of the names have to be published again when another name has changed. */
  dependents = new Dependents()
  /** Apexes of the zones that are in the table. */
  readonly #zones = new Set<string>()
  readonly #packed: PackedPublisher

  constructor(options: NamePublisherOptions, isWhole: (apex: string) => boolean) {
    this.#options = options
    this.#isWhole = isWhole
    this.#placed = new PlacedNames(options.table)
    this.#packed = new PackedPublisher(options)
  }

  /** As `PlacedNames.follow`, for the places as they are now. */
  followPlaces(): Generator<undefined, readonly string[], undefined> {
    const { answers, replica } = this.#options
    const { topology } = replica.tables
    return this.#placed.follow((map) => answers.planAfter(map, topology))
  }

  /** Whether a name that the replica does not hold does not exist. */
  get holdsAll(): boolean {
    return this.#options.replica.kind === 'full'
  }

  /** Whether the table has a name as one that stands for all below it. */
  isSubtree(key: string): boolean {
    return this.#shapes.isSubtree(key)
  }

  /** Forgets what names mean for others: all of them are about to be published anew. */
  begin(): void {
    this.#shapes = new ZoneShapes()
    this.dependents = new Dependents()
  }

  /** Whether names of the zone of a name may be answered by wildcards. */
  hasWildcardsAt(key: string): boolean {
    const served = this.#options.replica.tables.zones.find(key)
    return served !== undefined && this.#shapes.of(served.apexKey).hasWildcards
  }

  /** Whether a zone is in the table. */
  hasZone(apex: string): boolean {
    return this.#zones.has(apex)
  }

  /** Publishes what is held of a name, and of the zone whose apex it is. */
  publish(key: string): void {
    const { zones, names } = this.#options.replica.tables
    const served = zones.find(key)
    if (served === undefined) this.withdraw(key)
    else if (key.length === served.apexBytes) this.publishZone(served)
    else {
      const app = this.#packedOf(names, key)
      if (app === undefined || !this.#packed.publish(Buffer.from(key, 'latin1'), app)) {
        this.#publishName(key, served)
        return
      }
      this.#placed.hold(key, undefined)
      this.dependents.set(key, [])
      this.#reshape(this.#shapes.note(key, served.apexKey, false))
    }
  }

  /** An app that is steered by what its packed form says, and nothing else. */
  #packedOf(names: NameTable, key: string): HeldApp | undefined {
    const { own } = this.#options
    const held = names instanceof FullNames ? names.packed(key) : undefined
    if (held === undefined) return undefined
    if (!hasRrsetsAt(held.words, held.ref) && (own.isEmpty || !own.has(key))) return held
    // What is declared of it is not kept up with from here on.
    noteDeclared(held.words, held.ref, -1)
    return undefined
  }

  /** As `publish`, of an app in packed form without static records; `qname` in wire form, lower case. */
  publishApp(qname: Buffer, app: HeldApp): void {
    const apex = this.#options.replica.tables.zones.findApex(qname)
    const isPlain = apex !== undefined && apex.length !== qname.length && this.#options.own.isEmpty
    // RFC 4592 §2.1.1: an asterisk label makes a wildcard of it.
    if (!isPlain || (qname[0] === 1 && qname[1] === ASTERISK))
      this.publish(qname.toString('latin1'))
    else if (!this.#packed.publish(qname, app)) this.publish(qname.toString('latin1'))
  }

  /** Takes a name out of the table. */
  withdraw(key: string): void {
    const { replica, table } = this.#options
    const { names } = replica.tables
    const held = names instanceof FullNames ? names.packed(key) : undefined
    if (held !== undefined) noteDeclared(held.words, held.ref, -1)
    this.#reshape(this.#shapes.note(key, undefined, false))
    this.dependents.set(key, [])
    const entries = table.name(Buffer.from(key, 'latin1'), CLASS_IN)
    for (const qtype of addressTypes) entries.delete(qtype)
    entries.forget()
    this.#placed.hold(key, undefined)
  }

  /** Puts a zone, its apex, and what stands at it. */
  publishZone(served: ServedZone): void {
    const { apexKey: key } = served
    const lookup = this.#lookup()
    const publication = this.#publicationOf(lookup, key)
    this.#apply(key, served, lookup, apexPublicationOf(lookup, served, publication))
    if (!this.#zones.has(key)) {
      this.#zones.add(key)
      const version = versionKey(key)
      if (version !== undefined) this.publish(version)
    }
    this.#putZone(served)
  }

  #putZone(served: ServedZone): void {
    const { apexKey } = served
    this.#options.table.putZone(Buffer.from(apexKey, 'latin1'), CLASS_IN, served.nodata, {
      isWhole: this.#isWhole(apexKey),
      ...this.#shapes.of(apexKey),
    })
  }

  /** Tells of zones whose names mean something else for others now. */
  #reshape(apexes: readonly string[]): void {
    const { zones } = this.#options.replica.tables
    for (const apex of apexes) {
      const served = zones.find(apex)
      if (served?.apexKey === apex && this.#zones.has(apex)) this.#putZone(served)
    }
  }

  /** Takes a zone and its apex out of the table; its names stay. */
  withdrawZone(key: string): void {
    const { table } = this.#options
    const qname = Buffer.from(key, 'latin1')
    this.#zones.delete(key)
    table.deleteZone(qname, CLASS_IN)
    const entries = table.name(qname, CLASS_IN)
    for (const qtype of apexTypes) entries.delete(qtype)
    this.withdraw(key)
    const version = versionKey(key)
    if (version !== undefined) this.withdraw(version)
  }

  #lookup(): MeshLookup {
    // What has expired stands in the table as expired.
    return lookupIn(this.#options.replica.tables, -Infinity)
  }

  #publicationOf(lookup: MeshLookup, key: string): Publication | undefined {
    const { answers, replica } = this.#options
    const { topology } = replica.tables
    return publicationOf({ lookup, answers, topology, holdsAll: this.holdsAll }, key)
  }

  #publishName(key: string, served: ServedZone): void {
    const lookup = this.#lookup()
    const publication = this.#publicationOf(lookup, key)
    const as = publication?.as ?? 'unsaid'
    if (key === versionKey(served.apexKey) && !isItself(lookup, key)) this.#leave(key)
    else if (publication === undefined || as === 'unsaid' || (as === 'absent' && this.holdsAll)) {
      this.withdraw(key)
      this.dependents.set(key, publication?.dependencies ?? [])
    } else this.#apply(key, served, lookup, publication)
  }

  /** Leaves all that is asked of a name to the control thread: by an entry that has expired. */
  #leave(key: string): void {
    this.withdraw(key)
    const entries = this.#options.table.name(Buffer.from(key, 'latin1'), CLASS_IN)
    entries.declare([], { ...untilReplaced, expiresAtSeconds: 1 })
  }

  /** Puts the answers that there are, deletes the others, and declares the types. */
  #apply(key: string, served: ServedZone, lookup: MeshLookup, what: Publication): void {
    const { as, answers, referral } = what
    const times = timesOf(lookup.expiresAt)
    // First: whoever finds an entry of the name is to know what it means for others.
    const isSubtree = as === 'cut' || as === 'redirect'
    this.#reshape(this.#shapes.note(key, as === 'unsaid' ? undefined : served.apexKey, isSubtree))
    this.dependents.set(key, what.dependencies)
    const maps: number[] = []
    // Maps are entries of another name: they are there before this name is selected.
    const taken = answers.map(({ qtype, answer }) => ({
      qtype,
      taken: this.#placed.take(answer, maps),
    }))
    const entries = this.#options.table.name(Buffer.from(key, 'latin1'), CLASS_IN)
    if (as === 'unsaid') entries.forget()
    for (const { qtype, taken: answer } of taken) {
      if (answer === undefined) entries.delete(qtype)
      else entries.put(qtype, answer, qtype === TYPE_SOA ? untilReplaced : times)
    }
    // Of these the table may have an answer that was never declared; the others go with the declaration.
    for (const qtype of addressTypes) {
      if (!answers.some((one) => one.qtype === qtype)) entries.delete(qtype)
    }
    if (as !== 'unsaid') this.#declare(entries, what, referral, times)
    this.#placed.hold(key, what.usesClient ? maps : undefined)
  }

  /** Without a declaration the answers to types that plain apps have not would never be found again to go. */
  #declare(
    entries: NameEntries,
    { as, answers }: Pick<Publication, 'as' | 'answers'>,
    referral: Answer | undefined,
    times: EntryTimes,
  ): void {
    const types = answers.map(({ qtype }) => qtype)
    const isDeclared = declareAs(entries, as, types, referral, times)
    if (isDeclared) return
    for (const qtype of types) if (!isAddressType(qtype)) entries.delete(qtype)
  }
}

/** Whether a name is answered by what stands at it. */
function isItself(lookup: MeshLookup, key: string): boolean {
  const node = lookup.find(key, false)
  return typeof node !== 'string' && node.at === key
}

/** The asterisk of a wildcard. */
const ASTERISK = 0x2a

/** The types of which an answer may be in the table though it was never declared. */
const addressTypes = [TYPE_A, TYPE_AAAA] as const
/** Those of the zone itself. */
const apexTypes = [TYPE_SOA, TYPE_NS] as const

function isAddressType(qtype: number): boolean {
  return qtype === TYPE_A || qtype === TYPE_AAAA
}

/** Until when an entry of the table may be used: never longer than the replica's own. */
function timesOf(expiresAt: number): EntryTimes {
  if (expiresAt === Infinity) return untilReplaced
  // A second early: the threads' clock counts whole seconds and is told four times in each.
  return { ...untilReplaced, expiresAtSeconds: Math.max(1, secondsOf(expiresAt) - 1) }
}
