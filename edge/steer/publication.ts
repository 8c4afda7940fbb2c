import { TYPE_CNAME, TYPE_DS } from '../../shared/dns/codes.ts'
import { follow, rrsetOf } from '../../shared/records/follow.ts'
import type { Dependency, End, Found, WireRrset, ZoneNode } from '../../shared/records/follow.ts'
import { TYPE_DNAME } from '../../shared/records/types.ts'
import type { Answer } from '../query/encode.ts'
import { CHOICE_NODATA } from '../table/layout.ts'
import { isDrawn, isSticky } from '../table/choices.ts'
import type { AnswerChoice } from '../table/choices.ts'
import { tableTypes } from './answer-records.ts'
import { isByPlace } from './app-answers.ts'
import type { AppAnswers, LocatedAnswer } from './app-answers.ts'
import { serialOf } from './dependents.ts'
import { answerFor, behindLinks, nodataBehind } from './mesh-answers.ts'
import type { StaticEnd } from './mesh-answers.ts'
import type { Topology } from './topology.ts'
import type { MeshLookup } from './zone-lookup.ts'
import type { ServedZone } from './zones.ts'

/** What the answer table is to have of a name. */
export interface Publication {
  /**
   * 'unsaid': nothing, so that it does not exist where its zone is whole, and is asked of the control thread
   * elsewhere; 'absent': that it does not exist. The others are as `NameEntries` declares them.
   */
  readonly as: 'unsaid' | 'absent' | 'plain' | 'alias' | 'chain' | 'redirect' | 'cut'
  /** The types that it has. */
  readonly answers: readonly TypedAnswer[]
  /** Of a cut. */
  readonly referral?: Answer
  /** Other names whose changes change it. */
  readonly dependencies: readonly Dependency[]
  /** Whether it goes by the place of the client. */
  readonly usesClient: boolean
}

/** The answer to a type; undefined: it is for the control thread to give. */
export interface TypedAnswer {
  readonly qtype: number
  readonly answer: AnswerChoice | LocatedAnswer | undefined
}

/** What answers are made by. */
export interface Publishing {
  readonly lookup: MeshLookup
  readonly answers: AppAnswers
  readonly topology: Topology
  /** Whether a name that is not held does not exist, and those that others answer for need no entry. */
  readonly holdsAll: boolean
}

/** Says what the table is to have of a name; undefined for one in no zone of the mesh. */
export function publicationOf(by: Publishing, name: string): Publication | undefined {
  const { lookup, holdsAll } = by
  const node = lookup.find(name, false)
  if (node === 'outside') return undefined
  if (node === 'unknown') return unsaid
  const { is, at } = node
  // What stands below a cut or a DNAME, and what a wildcard answers, is found by the entries of these.
  if (holdsAll && at !== name) return unsaid
  switch (is) {
    case 'nothing':
      return { ...unsaid, as: 'absent' }
    case 'redirect':
      return unsaid
    case 'cut':
      return cutAt(by, name, node)
    default:
      // It is asked for when somebody asks for the name.
      if (node.hasApp === 'unknown')
        return { ...unsaid, dependencies: [{ name: at, by: 'itself' }] }
      return rrsetOf(node.rrsets, TYPE_CNAME) === undefined
        ? namedAt(by, name, node)
        : new AliasPublication(by, name, node).made()
  }
}

const unsaid: Publication = { as: 'unsaid', answers: [], dependencies: [], usesClient: false }

/** The type 0, by which the table has the answer to all that an alias does not list. */
const OTHERS = 0

function directly(name: string, end: Found<ServedZone>['end']): Found<ServedZone> {
  return { links: [], name, end, names: [] }
}

/** The answer with an rrset to the question for a name; `dependencies` get what it goes by. */
export function rrsetAnswer(
  lookup: MeshLookup,
  name: string,
  node: ZoneNode<ServedZone>,
  rrset: WireRrset,
  dependencies: Dependency[],
): TypedAnswer {
  const end = { is: 'rrset', node, rrset } as const
  const note = (dependency: Dependency): unknown => dependencies.push(dependency)
  const before = lookup.misses
  const answer = answerFor(lookup, name, directly(name, end), end, note)
  // What is added to it has to be asked for first: see SteerStage.
  return { qtype: rrset.type, answer: lookup.misses > before ? undefined : answer }
}

function cutAt({ lookup }: Publishing, name: string, node: ZoneNode<ServedZone>): Publication {
  const dependencies: Dependency[] = []
  const end = { is: 'referral', node } as const
  const note = (dependency: Dependency): unknown => dependencies.push(dependency)
  const referral = answerFor(lookup, name, directly(name, end), end, note)
  // RFC 4035 §3.1.4.1: DS is answered here, at the cut.
  const ds = rrsetOf(node.rrsets, TYPE_DS)
  const atCut = node.at === name
  const answers =
    atCut && ds !== undefined ? [rrsetAnswer(lookup, name, node, ds, dependencies)] : []
  const below = atCut ? [] : [{ qtype: TYPE_DS, answer: undefined }]
  return {
    as: 'cut',
    answers: [...answers, ...below],
    referral,
    dependencies,
    usesClient: false,
  }
}

/** A name with an app, with static records, with both, or with neither. */
function namedAt(by: Publishing, name: string, node: ZoneNode<ServedZone>): Publication {
  const { lookup, answers, topology } = by
  const dependencies: Dependency[] = []
  if (node.at !== name) dependencies.push({ name: node.at, by: 'itself' })
  const typed = node.rrsets.map((rrset) => rrsetAnswer(lookup, name, node, rrset, dependencies))
  const entry = node.hasApp === true ? lookup.entryOf(node.at) : undefined
  if (entry !== undefined) {
    for (const qtype of tableTypes) {
      const answer = answers.allOf(topology, node.zone, entry, qtype)
      if (answer !== undefined) typed.push({ qtype, answer })
    }
  }
  const isAlias = typed.some(({ qtype }) => qtype === TYPE_CNAME)
  const isRedirect = rrsetOf(node.rrsets, TYPE_DNAME) !== undefined
  return {
    as: isAlias ? 'alias' : isRedirect ? 'redirect' : 'plain',
    answers: typed,
    dependencies,
    usesClient: entry !== undefined && answers.usesClient(entry),
  }
}

/** Puts together what the table is to have of a name with a CNAME record, and of what that leads to. */
class AliasPublication {
  readonly #by: Publishing
  readonly #name: string
  readonly #node: ZoneNode<ServedZone>
  readonly #answers = new Map<number, TypedAnswer>()
  readonly #dependencies: Dependency[] = []
  #usesClient = false

  constructor(by: Publishing, name: string, node: ZoneNode<ServedZone>) {
    this.#by = by
    this.#name = name
    this.#node = node
  }

  made(): Publication {
    const { lookup } = this.#by
    const found = follow(lookup, this.#name, OTHERS)
    this.#dependencies.push(...found.names)
    for (const rrset of this.#node.rrsets) {
      this.#put(rrsetAnswer(lookup, this.#name, this.#node, rrset, this.#dependencies))
    }
    const { end } = found
    this.#noteSerial(end)
    const isPlain = end.is === 'outside' && found.links.length === 1
    // A wildcard that is led to again: where the circle is closed depends on who asks for which name.
    const isOwnCircle = found.names.some(({ name }) => name === this.#name)
    if (!isPlain && !isOwnCircle) {
      this.#listOnTheWay(found)
      if (end.is === 'app') this.#addApp(found, end.node)
      else if (end.is !== 'unknown') {
        this.#put(this.#typed(OTHERS, found, end))
      }
    }
    return {
      as: isPlain ? 'alias' : 'chain',
      answers: [...this.#answers.values()],
      dependencies: this.#dependencies,
      usesClient: this.#usesClient,
    }
  }

  /** Negative answers have the SOA record of the zone that they end in. */
  #noteSerial(end: End<ServedZone>): void {
    if (!('node' in end)) return
    this.#dependencies.push({ name: serialOf(end.node.zone.apexKey), by: 'itself' })
  }

  #put(typed: TypedAnswer): void {
    if (!this.#answers.has(typed.qtype)) this.#answers.set(typed.qtype, typed)
  }

  /** Types that some name on the way has are answered out of that one; so is DS, of which others may say. */
  #listOnTheWay(found: Found<ServedZone>): void {
    const { lookup } = this.#by
    const types = new Set<number>()
    // RFC 4035 §3.1.4.1: at a cut and at an apex DS is of the zone above.
    const { name: last, end } = found
    const isCut = end.is === 'referral' && end.node.at === last
    if (isCut || lookup.zoneOf(last, false)?.apexKey === last) types.add(TYPE_DS)
    for (const { name } of found.names) {
      const node = lookup.find(name, false)
      if (typeof node === 'string' || node.is === 'cut') continue
      for (const { type } of node.rrsets) types.add(type)
    }
    for (const qtype of types) {
      if (this.#answers.has(qtype) || qtype === TYPE_CNAME) continue
      const way = follow(lookup, this.#name, qtype)
      const { end } = way
      // As for all other types.
      if (end.is !== 'rrset' && isSameEnd(way, found)) continue
      this.#dependencies.push(...way.names)
      this.#noteSerial(end)
      const isForControl = end.is === 'app' || end.is === 'unknown'
      this.#put(isForControl ? { qtype, answer: undefined } : this.#typed(qtype, way, end))
    }
  }

  /** The answer to a type that a way has ended for. */
  #typed(qtype: number, way: Found<ServedZone>, end: StaticEnd): TypedAnswer {
    const { lookup } = this.#by
    const before = lookup.misses
    const note = (dependency: Dependency): unknown => this.#dependencies.push(dependency)
    const answer = answerFor(lookup, this.#name, way, end, note)
    return { qtype, answer: lookup.misses > before ? undefined : answer }
  }

  #addApp(found: Found<ServedZone>, node: ZoneNode<ServedZone>): void {
    const { lookup, answers, topology } = this.#by
    const entry = lookup.entryOf(node.at)
    if (entry === undefined) return
    this.#usesClient = answers.usesClient(entry)
    const nodata = nodataBehind(lookup, this.#name, found, node.zone)
    for (const type of tableTypes) {
      const choice = answers.allOf(topology, nodata, entry, type)
      // NODATA is what all other types have: an app that is another name for one type is it for all.
      if (type === TYPE_CNAME && choice === undefined) {
        this.#put({ qtype: OTHERS, answer: nodata.nodata })
      } else if (choice !== undefined) {
        const answer = withAnswers(choice, nodata.nodata, (one) =>
          behindLinks(lookup, this.#name, found, one),
        )
        this.#put({ qtype: type === TYPE_CNAME ? OTHERS : type, answer })
      }
    }
  }
}

function isSameEnd(one: Found<ServedZone>, other: Found<ServedZone>): boolean {
  if (one.name !== other.name || one.end.is !== other.end.is) return false
  // DS at an apex is of another zone than what else stands there.
  return zoneOf(one.end) === zoneOf(other.end)
}

function zoneOf(end: End<ServedZone>): ServedZone | undefined {
  return 'node' in end ? end.node.zone : undefined
}

/** The same choice between other answers; `nodata`: for clients that get none. */
function withAnswers(
  choice: AnswerChoice | LocatedAnswer,
  nodata: Answer,
  change: (answer: Answer) => Answer,
): AnswerChoice | LocatedAnswer {
  if (!isByPlace(choice)) return withChoice(choice, change)
  const { plan } = choice
  const choices = choice.choices.map((one) => withChoice(one, change))
  if (!plan.map.includes(CHOICE_NODATA)) return { plan, choices }
  // There the table would answer with the NODATA of the zone, which lacks what leads to it. It is the first
  // choice, so that others that come stand behind those that are there.
  return { plan: { ...plan, map: withFirst(plan.map) }, choices: [nodata, ...choices] }
}

/** Maps in which NODATA is the first choice, by those in which it is none: maps go by their identity. */
const mapsWithFirst = new WeakMap<Uint16Array, Uint16Array>()

function withFirst(map: Uint16Array): Uint16Array {
  const known = mapsWithFirst.get(map)
  if (known !== undefined) return known
  const made = map.map((one) => (one === 0 ? 0 : one === CHOICE_NODATA ? 1 : one + 1))
  mapsWithFirst.set(map, made)
  return made
}

function withChoice(choice: AnswerChoice, change: (answer: Answer) => Answer): AnswerChoice {
  if (isDrawn(choice)) return choice.map((one) => ({ ...one, answer: change(one.answer) }))
  if (isSticky(choice)) return { ...choice, answers: choice.answers.map(change) }
  return change(choice)
}
