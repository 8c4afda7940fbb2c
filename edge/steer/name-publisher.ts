import {
  CLASS_IN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_NS,
  TYPE_SOA,
  TYPE_SRV,
} from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Answer } from '../query/encode.ts'
import { FullNames } from '../replica/full-names.ts'
import type { HeldApp } from '../replica/full-names.ts'
import { declaredAt, noteDeclared } from '../replica/name-record.ts'
import type { OwnVerdicts } from '../health/own-verdicts.ts'
import type { NameEntry, NameTable } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import type { EntryTimes } from '../table/record.ts'
import { untilReplaced } from '../table/record.ts'
import type { AnswerChoice, LocatedAnswers } from '../table/choices.ts'
import type { NameEntries } from '../table/name-entries.ts'
import type { TableWriter } from '../table/writer.ts'
import { appTypes, tableTypes } from './answer-records.ts'
import type { AppType } from './answer-records.ts'
import type { AppAnswers } from './app-answers.ts'
import { isByPlace } from './app-answers.ts'
import { secondsOf } from './data-clock.ts'
import { LocationMaps } from './location-maps.ts'
import type { SteerCounts } from './metrics.ts'
import { PackedAnswers } from './packed-answers.ts'
import { packedTypes } from './packed-candidates.ts'
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
  readonly #maps: LocationMaps
  /** Names that go by the place of the client, with the maps that they hold. */
  readonly #byClient = new Map<string, readonly number[]>()
  #packed: { readonly names: FullNames; readonly answers: PackedAnswers } | undefined

  constructor(options: NamePublisherOptions) {
    this.#options = options
    this.#maps = new LocationMaps(options.table)
  }

  /** The names whose answers go by the place of the client, as of now. */
  get byClient(): readonly string[] {
    return Array.from(this.#byClient.keys())
  }

  /** Whether a name that the replica does not hold does not exist. */
  get holdsAll(): boolean {
    return this.#options.replica.kind === 'full'
  }

  /** Publishes what is held of a name. `isWhole`: of the zone, when the name is its apex. */
  publish(key: string, isWhole: boolean): void {
    const { zones, names } = this.#options.replica.tables
    const served = zones.find(key)
    if (served === undefined) this.withdraw(key)
    else if (key.length === served.apexBytes) this.publishZone(key, served, isWhole)
    else {
      const app = this.#packedOf(names, key)
      const qname = Buffer.from(key, 'latin1')
      if (app === undefined) this.#publishEntry(qname, served, names.peek(key))
      else this.#publishPacked(qname, app)
    }
  }

  /** An app that is steered by what its packed form says, and nothing else. */
  #packedOf(names: NameTable, key: string): HeldApp | undefined {
    const { own } = this.#options
    const held = names instanceof FullNames ? names.packed(key) : undefined
    if (held === undefined || own.isEmpty || !own.has(key)) return held
    // What is declared of it is not kept up with from here on.
    noteDeclared(held.words, held.ref, -1)
    return undefined
  }

  /** As `publish`, of an app in packed form; `qname` in wire form, lower case. */
  publishApp(qname: Buffer, app: HeldApp, isWhole: boolean): void {
    const apex = this.#options.replica.tables.zones.findApex(qname)
    if (apex === undefined || apex.length === qname.length || !this.#options.own.isEmpty) {
      this.publish(qname.toString('latin1'), isWhole)
    } else this.#publishPacked(qname, app)
  }

  /** Takes a name out of the table. */
  withdraw(key: string): void {
    const { replica, table } = this.#options
    const { names } = replica.tables
    const held = names instanceof FullNames ? names.packed(key) : undefined
    if (held !== undefined) noteDeclared(held.words, held.ref, -1)
    const entries = table.name(Buffer.from(key, 'latin1'), CLASS_IN)
    for (const qtype of addressTypes) entries.delete(qtype)
    entries.forget()
    this.#holdMaps(key, undefined)
  }

  /** Puts a zone, its apex, and what stands at it. `isWhole`: all its names are in the table. */
  publishZone(key: string, served: ServedZone, isWhole: boolean): void {
    const { replica, table } = this.#options
    const qname = Buffer.from(key, 'latin1')
    const entries = table.name(qname, CLASS_IN)
    entries.put(TYPE_SOA, served.soa, untilReplaced)
    entries.put(TYPE_NS, served.ns, untilReplaced)
    const entry = replica.tables.names.peek(key)
    const types = this.#putAnswers(entries, key, served, entry)
    // What stands at the apex of a zone on demand is asked of central like any other name.
    const unknown = entry === undefined ? appTypes : []
    this.#declare(entries, [TYPE_SOA, TYPE_NS, ...types, ...unknown], timesOf(entry))
    table.putZone(qname, CLASS_IN, served.nodata, { isWhole, hasWildcards: false })
  }

  /** Takes a zone and its apex out of the table; its names stay. */
  withdrawZone(key: string): void {
    const { table } = this.#options
    const qname = Buffer.from(key, 'latin1')
    table.deleteZone(qname, CLASS_IN)
    const entries = table.name(qname, CLASS_IN)
    for (const qtype of [TYPE_SOA, TYPE_NS]) entries.delete(qtype)
    this.withdraw(key)
  }

  /** A zone has gone: its names are of the zone above it now, or of none. */
  dropZone(key: string, isWhole: boolean): void {
    this.withdrawZone(key)
    this.publish(key, isWhole)
    const { names, version } = this.#options.replica.tables
    const walk = names.entries(version)
    try {
      for (const { name } of walk.entries) {
        const under = nameKey(name)
        if (under.endsWith(key)) this.publish(under, isWhole)
      }
    } finally {
      walk.end()
    }
  }

  #publishEntry(qname: Buffer, served: ServedZone, entry: NameEntry | undefined): void {
    const entries = this.#options.table.name(qname, CLASS_IN)
    const times = timesOf(entry)
    const types = this.#putAnswers(entries, qname.toString('latin1'), served, entry)
    if (entry === undefined || (entry.kind === 'nxdomain' && this.holdsAll)) entries.forget()
    else if (entry.kind === 'nxdomain') entries.declareAbsent(times)
    else this.#declare(entries, types, times)
  }

  #publishPacked(qname: Buffer, app: HeldApp): void {
    const { table, replica } = this.#options
    const answers = this.#packedAnswers()
    const declared = declaredAt(app.words, app.ref)
    const entries = table.name(qname, CLASS_IN)
    answers.take(replica.tables.topology, app)
    if (!answers.isSingle) {
      // What is declared of it is not kept up with.
      noteDeclared(app.words, app.ref, -1)
      const key = qname.toString('latin1')
      const served = replica.tables.zones.find(key)
      const entry = replica.tables.names.peek(key)
      if (served !== undefined) this.#publishEntry(Buffer.from(qname), served, entry)
      return
    }
    let there = 0
    // In nearly all meshes most apps have no port: that costs them nothing.
    const count = answers.hasPort ? packedTypes.length : addressTypes.length
    for (let i = 0; i < count; i++) {
      const qtype = packedTypes[i] ?? TYPE_SRV
      const chosen = answers.answerOf(qtype, qname)
      const { refusedForSeconds } = answers
      const answer =
        refusedForSeconds === undefined ? chosen : this.#nodataFor(qname, refusedForSeconds)
      if (answer !== undefined) {
        there |= 1 << i
        entries.put(qtype, answer, untilReplaced)
      } else if (declared === -1 || (declared & (1 << i)) !== 0) entries.delete(qtype)
    }
    if (there === declared) return
    const isDeclared = this.#declare(entries, typeLists[there] ?? [], untilReplaced)
    noteDeclared(app.words, app.ref, isDeclared ? there : -1)
  }

  #packedAnswers(): PackedAnswers {
    const { replica, counts } = this.#options
    const { names } = replica.tables
    if (!(names instanceof FullNames)) throw new TypeError('only a full replica holds packed apps')
    if (this.#packed?.names !== names) {
      this.#packed = { names, answers: new PackedAnswers(names.packIds, counts) }
    }
    return this.#packed.answers
  }

  /** Of an app that was refused an answer. */
  #nodataFor(qname: Buffer, seconds: number): Answer | undefined {
    return this.#options.replica.tables.zones.find(qname.toString('latin1'))?.nodataFor(seconds)
  }

  /** Puts the answers that there are, deletes the others; returns the types of those that there are. */
  #putAnswers(
    entries: NameEntries,
    key: string,
    served: ServedZone,
    entry: NameEntry | undefined,
  ): readonly number[] {
    const { answers } = this.#options
    const times = timesOf(entry)
    const maps: number[] = []
    // Maps are entries of another name: they are there before this name is selected again.
    const found = tableTypes.map((qtype) => {
      const answer = this.#answerOf(served, entry, qtype)
      return { qtype, isThere: answer !== undefined, taken: this.#take(answer, maps) }
    })
    this.#select(entries, key)
    for (const { qtype, isThere, taken } of found) {
      if (taken !== undefined) entries.put(qtype, taken, times)
      // What is declared no more goes with the declaration.
      else if (isThere || isAddressType(qtype)) entries.delete(qtype)
    }
    const types = found.flatMap(({ qtype, isThere }) => (isThere ? [qtype] : []))
    this.#holdMaps(key, entry !== undefined && answers.usesClient(entry) ? maps : undefined)
    this.#select(entries, key)
    return types
  }

  /** Without a declaration the answers to types that plain apps have not would never be found again to go. */
  #declare(entries: NameEntries, types: readonly number[], times: EntryTimes): boolean {
    const isDeclared = types.includes(TYPE_CNAME)
      ? entries.declareAlias(types, times)
      : entries.declare(types, times)
    if (isDeclared) return true
    for (const qtype of types) if (!isAddressType(qtype)) entries.delete(qtype)
    return false
  }

  #select(entries: NameEntries, key: string): void {
    entries.select(Buffer.from(key, 'latin1'), CLASS_IN)
  }

  /** Makes sure of the map that an answer goes by; without one it is for the control thread to give. */
  #take(
    answer: ReturnType<AppAnswers['allOf']>,
    maps: number[],
  ): AnswerChoice | LocatedAnswers | undefined {
    if (answer === undefined || !isByPlace(answer)) return answer
    const mapNumber = this.#maps.take(answer.plan.map)
    if (mapNumber === undefined) return undefined
    maps.push(mapNumber)
    return { mapNumber, choices: answer.choices }
  }

  /** The maps that a name holds from now on, taken already; undefined where no client's place matters. */
  #holdMaps(key: string, maps: readonly number[] | undefined): void {
    const before = this.#byClient.get(key)
    if (maps === undefined) this.#byClient.delete(key)
    else this.#byClient.set(key, maps)
    for (const number of before ?? []) this.#maps.release(number)
  }

  #answerOf(
    served: ServedZone,
    entry: NameEntry | undefined,
    qtype: AppType,
  ): ReturnType<AppAnswers['allOf']> {
    const { replica, answers } = this.#options
    if (entry?.kind !== 'app') return undefined
    return answers.allOf(replica.tables.topology, served, entry, qtype)
  }
}

/** The types of which an answer may be in the table though it was never declared. */
const addressTypes = [TYPE_A, TYPE_AAAA] as const

function isAddressType(qtype: number): boolean {
  return qtype === TYPE_A || qtype === TYPE_AAAA
}

/** The types of a name, by a bit for each of `packedTypes`; made once. */
const typeLists: readonly (readonly number[])[] = Array.from(
  { length: 1 << packedTypes.length },
  (_, bits) => packedTypes.filter((_type, i) => (bits & (1 << i)) !== 0),
)

/** Until when an entry of the table may be used: never longer than the replica's own. */
function timesOf(entry: NameEntry | undefined): EntryTimes {
  if (entry === undefined || entry.expiresAt === Infinity) return untilReplaced
  // A second early: the threads' clock counts whole seconds and is told four times in each.
  return { ...untilReplaced, expiresAtSeconds: Math.max(1, secondsOf(entry.expiresAt) - 1) }
}
