import type { Clock } from '../shared/clock.ts'
import {
  EDE_NOT_AUTHORITATIVE,
  RCODE_BADVERS,
  RCODE_FORMERR,
  RCODE_NOTIMP,
  RCODE_REFUSED,
  RCODE_SERVFAIL,
} from '../shared/dns/codes.ts'
import { assertNever, messageOf } from '../shared/errors.ts'
import type { Logger } from '../shared/log.ts'
import type { Client, QueryHandler, Reply } from './listen/listener.ts'
import type { ClientLocator } from './locate/client-locator.ts'
import { Sender } from './locate/sender.ts'
import type { QueryCounters } from './metrics.ts'
import { decodeQuery } from './query/decode.ts'
import type { Answer, AnswerOptions } from './query/encode.ts'
import { encodeAnswer, encodeError } from './query/encode.ts'
import { Query } from './query/query.ts'
import type { Stage, StageName } from './stage.ts'

/** The order of a query's way; the only place that knows it. */
const order = [
  'admit', // cheapest refusals first: classes, transfers, CHAOS
  'steer', // names of the mesh: from the replica, else asked of central
] as const satisfies readonly StageName[]

export interface PipelineOptions {
  readonly stages: readonly Stage[]
  readonly answer: AnswerOptions
  /** Where clients are; undefined where it is of no account. */
  readonly locator: ClientLocator | undefined
  readonly counters: QueryCounters
  readonly clock: Clock
  readonly logger: Logger
}

/** Decodes a message, walks it through the stages, encodes what comes back, times and counts. */
export class Pipeline {
  readonly #options: PipelineOptions
  readonly #stages: readonly Stage[]
  /** Queries that are free for use: one while nothing waits, as many as waited at once at most. */
  readonly #free: Query[] = []
  readonly #sender = new Sender()

  /** Throws when a stage of the order is missing. */
  constructor(options: PipelineOptions) {
    this.#options = options
    this.#stages = order.map((name) => {
      const stage = options.stages.find((candidate) => candidate.name === name)
      if (stage === undefined) throw new TypeError(`the pipeline lacks its stage ${name}`)
      return stage
    })
  }

  readonly handle: QueryHandler = (wire: Buffer, client: Client, reply: Reply): void => {
    const startedAt = this.#options.clock.nowMs()
    const q = this.#free.pop() ?? new Query()
    try {
      const decoded = decodeQuery(wire, wire.length, client.transport, q)
      switch (decoded) {
        case 'ok':
          this.#options.counters.countRequest(client, q.qtype)
          q.address = client.address
          this.#locate(q, client)
          this.#walk(q, 0, startedAt, reply)
          return
        case 'ignore':
          this.#options.counters.ignored++
          this.#free.push(q)
          reply(undefined)
          return
        case 'formerr':
          this.#refuse(q, RCODE_FORMERR, client, startedAt, reply)
          return
        case 'notimp':
          this.#refuse(q, RCODE_NOTIMP, client, startedAt, reply)
          return
        case 'badvers':
          this.#refuse(q, RCODE_BADVERS, client, startedAt, reply)
          return
        default:
          assertNever(decoded)
      }
    } catch (err) {
      this.#fault(q, err, startedAt, reply)
    }
  }

  /** Finds out where the client is, and whether the answer says so. */
  #locate(q: Query, { address }: Client): void {
    const { locator } = this.#options
    if (locator === undefined) return
    const sender = this.#sender.setText(address)
    const isTold = locator.isTold(q, sender)
    locator.locate(q, sender, isTold)
    q.location = locator.location
    q.locationScope = locator.scope
    q.bucket = locator.bucket
    q.prefixBits = locator.prefixBits
    // Unless a stage says that it went by the place: the answer is good for all addresses.
    if (isTold) q.ecsScope = 0
  }

  /** Asks the stages from index `i` on. A stage that must wait takes the rest of the way with it. */
  #walk(q: Query, i: number, startedAt: number, reply: Reply): void {
    for (; i < this.#stages.length; i++) {
      const stage = this.#stages[i]
      const outcome = stage?.ask(q)
      if (outcome instanceof Promise) {
        void this.#walkLater(q, i, outcome, startedAt, reply)
        return
      }
      if (outcome !== undefined) {
        this.#answer(q, outcome, stage?.name ?? 'pipeline', startedAt, reply)
        return
      }
    }
    this.#answer(q, notOurs, 'pipeline', startedAt, reply)
  }

  async #walkLater(
    q: Query,
    i: number,
    outcome: Promise<Answer | undefined>,
    startedAt: number,
    reply: Reply,
  ): Promise<void> {
    try {
      const answer = await outcome
      if (answer === undefined) this.#walk(q, i + 1, startedAt, reply)
      else this.#answer(q, answer, this.#stages[i]?.name ?? 'pipeline', startedAt, reply)
    } catch (err) {
      this.#fault(q, err, startedAt, reply)
    }
  }

  #answer(
    q: Query,
    answer: Answer,
    plugin: StageName | 'pipeline',
    startedAt: number,
    reply: Reply,
  ): void {
    const wire = encodeAnswer(q, answer, this.#options.answer)
    this.#finish(q, wire, answer.rcode, plugin, startedAt, reply)
  }

  #refuse(q: Query, rcode: number, client: Client, startedAt: number, reply: Reply): void {
    this.#options.counters.countRequest(client, q.qtype)
    const wire = encodeError(q, rcode, this.#options.answer)
    this.#finish(q, wire, rcode, 'pipeline', startedAt, reply)
  }

  #fault(q: Query, err: unknown, startedAt: number, reply: Reply): void {
    this.#options.counters.faults++
    this.#options.logger.error({ detail: messageOf(err), err }, 'a query met a fault')
    const wire = encodeError(q, RCODE_SERVFAIL, this.#options.answer)
    this.#finish(q, wire, RCODE_SERVFAIL, 'pipeline', startedAt, reply)
  }

  #finish(
    q: Query,
    wire: Buffer,
    rcode: number,
    plugin: StageName | 'pipeline',
    startedAt: number,
    reply: Reply,
  ): void {
    const { counters, clock } = this.#options
    counters.countResponse(rcode, plugin, (clock.nowMs() - startedAt) / 1000)
    this.#free.push(q)
    reply(wire)
  }
}

/** RFC 8914 §4.21. */
const notOurs: Answer = {
  rcode: RCODE_REFUSED,
  authoritative: false,
  answer: undefined,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: 1,
  ede: { code: EDE_NOT_AUTHORITATIVE, text: '' },
}
