import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import { parentOf } from '../../shared/dns/name.ts'
import { positionOf } from '../model/sources.ts'
import type { Registry } from '../registry/registry.ts'
import { keyText, readMessage } from './form.ts'
import type { SourceOptions } from './options.ts'
import type { Batch, MessageResult, PlannedBatch, TakenMessage } from './plan-batch.ts'
import { planBatch } from './plan-batch.ts'
import type { TopicMessage } from './topic.ts'

/** Messages of other zones that may be read again after a crash: their place alone is not worth a change. */
const ELSEWHERE_MAX_MESSAGES = 10_000

/** Where a source is in one partition. */
export interface Cursor {
  /** Offset of the next message to be read. */
  next: number
  /** The position that the state has, as far as this central knows; undefined for none. */
  taken: number | undefined
  /** Offset behind the last message. */
  end: number
}

/** Messages of one partition that follow each other. */
export interface Slice {
  readonly topicId: string
  readonly partition: number
  /** Not empty. */
  readonly messages: readonly TopicMessage[]
  /** Offset behind them. */
  readonly next: number
}

/** Makes changes of the messages of one source, and counts what became of them since the start. */
export class MessageTaker {
  readonly results: Record<MessageResult, number> = {
    applied: 0,
    unchanged: 0,
    elsewhere: 0,
    refused: 0,
  }
  /** How many were refused, by reason. */
  readonly reasons = new Map<string, number>()
  readonly #options: SourceOptions
  readonly #registry: Pick<Registry, 'state' | 'submit'>
  readonly #clock: Clock
  readonly #zones: ReadonlySet<Name>

  constructor(
    options: SourceOptions,
    parts: { readonly registry: Pick<Registry, 'state' | 'submit'>; readonly clock: Clock },
  ) {
    this.#options = options
    this.#registry = parts.registry
    this.#clock = parts.clock
    this.#zones = new Set(options.zones)
  }

  /**
   * Takes messages and moves the cursor behind them. False when somebody else has taken them: the cursor is
   * where that one is then. Throws when the log takes no writes.
   */
  async take({ topicId, partition, messages, next }: Slice, cursor: Cursor): Promise<boolean> {
    const { name: source, topic } = this.#options
    const read = messages.map((message) => this.#read(message))
    const isElsewhere = read.every(({ wanted }) => wanted.kind === 'elsewhere')
    if (isElsewhere && next - (cursor.taken ?? 0) < ELSEWHERE_MAX_MESSAGES) {
      this.results.elsewhere += read.length
      cursor.next = next
      return true
    }
    const planned = await this.#submit({
      position: { source, topic, topicId, partition, next },
      from: cursor.taken,
      messages: read,
      atEpoch: this.#clock.epochMs(),
    })
    if (planned.hasMoved) {
      cursor.taken = positionOf(this.#registry.state, { source, topicId, partition })
      cursor.next = cursor.taken ?? cursor.next
      return false
    }
    cursor.taken = next
    cursor.next = next
    this.#count(planned)
    return true
  }

  #read({ offset, key, value }: TopicMessage): TakenMessage {
    const isTaken = (name: Name): boolean => {
      for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
        if (this.#zones.has(at)) return true
      }
      return false
    }
    return { offset, key: keyText(key), wanted: readMessage({ key, value }, isTaken) }
  }

  async #submit(batch: Batch): Promise<PlannedBatch> {
    const { name, topic, cnameReplaces } = this.#options
    const rules = { zones: this.#zones, cnameReplaces }
    const [first, last] = [batch.messages[0]?.offset, batch.messages.at(-1)?.offset]
    const offsets = first === last ? `${first}` : `${first}-${last}`
    const plans: PlannedBatch[] = []
    const result = await this.#registry.submit({
      plan: (state) => {
        const plan = planBatch(state, batch, rules)
        plans.push(plan)
        return plan.commands
      },
      actor: `source:${name}`,
      cause: `${topic}/${batch.position.partition}/${offsets}`,
    })
    if (!result.ok) throw new Error(result.rejection.detail)
    // Decided again where another central has written first: the last plan is the one that holds.
    const plan = plans.at(-1)
    if (plan === undefined) throw new TypeError('a change was written that was not planned')
    return plan
  }

  #count({ results, reasons }: PlannedBatch): void {
    this.results.applied += results.applied
    this.results.unchanged += results.unchanged
    this.results.elsewhere += results.elsewhere
    this.results.refused += results.refused
    for (const reason of reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1)
  }
}
