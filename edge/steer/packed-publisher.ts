import { CLASS_IN, TYPE_A, TYPE_AAAA, TYPE_SRV } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import { FullNames } from '../replica/full-names.ts'
import type { HeldApp } from '../replica/full-names.ts'
import { declaredAt, noteDeclared } from '../replica/name-record.ts'
import type { Replica } from '../replica/replica.ts'
import { untilReplaced } from '../table/record.ts'
import type { TableWriter } from '../table/writer.ts'
import type { SteerCounts } from './metrics.ts'
import { PackedAnswers } from './packed-answers.ts'
import { packedTypes } from './packed-candidates.ts'

export interface PackedPublisherOptions {
  readonly replica: Replica
  readonly table: TableWriter
  readonly counts: SteerCounts
}

/** Publishes apps that are steered by what their packed form says, and nothing else: of those there are millions. */
export class PackedPublisher {
  readonly #options: PackedPublisherOptions
  #made: { readonly names: FullNames; readonly answers: PackedAnswers } | undefined

  constructor(options: PackedPublisherOptions) {
    this.#options = options
  }

  /** Publishes an app under a name; false where more counts than its packed form. */
  publish(qname: Buffer, app: HeldApp): boolean {
    const { table, replica } = this.#options
    const answers = this.#packedAnswers()
    const declared = declaredAt(app.words, app.ref)
    answers.take(replica.tables.topology, app)
    if (!answers.isSingle) {
      // What is declared of it is not kept up with.
      noteDeclared(app.words, app.ref, -1)
      return false
    }
    const entries = table.name(qname, CLASS_IN)
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
    if (there === declared) return true
    const isDeclared = entries.declare(typeLists[there] ?? [], untilReplaced)
    // Without a declaration it would never be found again to go.
    if (!isDeclared) entries.delete(TYPE_SRV)
    noteDeclared(app.words, app.ref, isDeclared ? there : -1)
    return true
  }

  #packedAnswers(): PackedAnswers {
    const { replica, counts } = this.#options
    const { names } = replica.tables
    if (!(names instanceof FullNames)) throw new TypeError('only a full replica holds packed apps')
    if (this.#made?.names !== names) {
      this.#made = { names, answers: new PackedAnswers(names.packIds, counts) }
    }
    return this.#made.answers
  }

  /** Of an app that was refused an answer. */
  #nodataFor(qname: Buffer, seconds: number): Answer | undefined {
    return this.#options.replica.tables.zones.find(qname.toString('latin1'))?.nodataFor(seconds)
  }
}

/** Those that every app may have. */
const addressTypes = [TYPE_A, TYPE_AAAA] as const

/** The types of a name, by a bit for each of `packedTypes`; made once. */
const typeLists: readonly (readonly number[])[] = Array.from(
  { length: 1 << packedTypes.length },
  (_, bits) => packedTypes.filter((_type, i) => (bits & (1 << i)) !== 0),
)
