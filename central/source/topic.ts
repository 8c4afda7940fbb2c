import {
  Consumer,
  FetchIsolationLevels,
  ListOffsetTimestamps,
  UserError,
} from '@platformatic/kafka'
import { connectionOf } from '../log/kafka/connection.ts'
import type { RawMessage } from './form.ts'
import type { SourceOptions } from './options.ts'

/** What one fetch brings, at least one batch of records; some 5,000 records, which become changes slice by slice. */
const FETCH_MAX_BYTES = 1024 * 1024
/** Partitions of one topic: of each the position is in the state. */
const PARTITIONS_MAX = 1_000
/** The bit of a batch that holds marks of transactions and nothing for readers (KIP-98). */
const CONTROL_BATCH = 0x20

/** A topic as it was found. */
export interface FoundTopic {
  readonly id: string
  /** The partitions that each broker leads. */
  readonly byLeader: ReadonlyMap<number, readonly number[]>
  /** By partition: where what the topic still has begins and ends. */
  readonly ranges: ReadonlyMap<number, OffsetRange>
}

export interface OffsetRange {
  readonly start: number
  readonly end: number
}

/** A message with its place. */
export interface TopicMessage extends RawMessage {
  readonly offset: number
}

/** What a fetch brought of one partition. */
export interface FetchedPartition {
  readonly partition: number
  readonly messages: readonly TopicMessage[]
  /** Where to go on: behind all that came, marks of transactions and gaps too. */
  readonly next: number
  /** Offset behind the last message that may be read. */
  readonly end: number
}

/** A topic of any number of partitions, for reading; without a consumer group: where to go on is known by who reads. */
export class SourceTopic {
  readonly #topic: string
  readonly #consumer: Consumer

  /** Opens no connection. Throws MERIDIAN_CONFIG_UNREADABLE when a PEM file is not there. */
  constructor(options: SourceOptions, key: string) {
    this.#topic = options.topic
    // A group is wanted by the library, and never joined.
    this.#consumer = new Consumer({ ...connectionOf(options, key), groupId: options.clientId })
    this.#consumer.topics.track(options.topic)
  }

  /** Finds the topic; undefined when there is none. Rejects when Kafka is out of reach. */
  async find(): Promise<FoundTopic | undefined> {
    this.#consumer.clearMetadata()
    const described = await this.#describe()
    if (described === undefined) return undefined
    if (described.partitions.length > PARTITIONS_MAX) {
      const found = `topic ${this.#topic} has ${described.partitions.length} partitions`
      throw new Error(`${found}, at most ${PARTITIONS_MAX} are followed`)
    }
    const byLeader = new Map<number, number[]>()
    described.partitions.forEach(({ leader }, partition) => {
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
    })
    const starts = await this.#offsets(ListOffsetTimestamps.EARLIEST)
    const ends = await this.#offsets(ListOffsetTimestamps.LATEST)
    const ranges = new Map(
      ends.map((end, partition) => [partition, { start: starts[partition] ?? 0, end }]),
    )
    return { id: described.id, byLeader, ranges }
  }

  /** Reads from offsets on, of partitions that one broker leads. */
  async fetch(
    topicId: string,
    offsets: ReadonlyMap<number, number>,
    waitMs: number,
  ): Promise<readonly FetchedPartition[]> {
    const partitions = Array.from(offsets, ([partition, offset]) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_MAX_BYTES,
    }))
    const response = await this.#consumer.fetch({
      node: -1,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: FETCH_MAX_BYTES,
      // What a transaction wrote that was given up is no message.
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      topics: [{ topicId, partitions }],
    })
    const fetched: FetchedPartition[] = []
    for (const found of response.responses.flatMap((topic) => topic.partitions)) {
      const from = offsets.get(found.partitionIndex)
      if (from === undefined) continue
      let next = from
      const messages: TopicMessage[] = []
      for (const { firstOffset, lastOffsetDelta, attributes, records } of found.records ?? []) {
        next = Math.max(next, Number(firstOffset) + lastOffsetDelta + 1)
        if ((attributes & CONTROL_BATCH) !== 0) continue
        for (const { offsetDelta, key, value } of records) {
          const offset = Number(firstOffset) + offsetDelta
          // The first batch may begin before what was asked for.
          if (offset >= from) messages.push({ offset, key, value })
        }
      }
      const end = Number(found.lastStableOffset)
      fetched.push({ partition: found.partitionIndex, messages, next, end })
    }
    return fetched
  }

  /** Ends all connections; requests under way fail. */
  async close(): Promise<void> {
    await this.#consumer.close(true)
  }

  async #describe(): Promise<DescribedTopic | undefined> {
    try {
      const metadata = await this.#consumer.metadata({ topics: [this.#topic], forceUpdate: true })
      const found = metadata.topics.get(this.#topic)
      return found && { id: found.id, partitions: found.partitions }
    } catch (err) {
      // The library keeps to itself that the broker has said UNKNOWN_TOPIC_OR_PARTITION.
      if (err instanceof UserError && err.message.startsWith('Unknown topic')) return undefined
      throw err
    }
  }

  async #offsets(timestamp: bigint): Promise<readonly number[]> {
    const offsets = await this.#consumer.listOffsets({
      topics: [this.#topic],
      timestamp,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    })
    return (offsets.get(this.#topic) ?? []).map(Number)
  }
}

interface DescribedTopic {
  readonly id: string
  readonly partitions: readonly { readonly leader: number }[]
}
