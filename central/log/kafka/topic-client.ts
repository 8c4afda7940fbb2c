import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  FetchIsolationLevels,
  ListOffsetTimestamps,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka'
import { connectionOf } from './connection.ts'
import { isKafkaError } from './failure.ts'
import type { KafkaOptions } from './options.ts'
import type { TopicUse } from './topic-settings.ts'
import { wantedConfigs, wrongSettings } from './topic-settings.ts'

/** What one fetch brings, at least one record. */
const FETCH_MAX_BYTES = 8 * 1024 * 1024

/** A record of the topic. */
export interface TopicRecord {
  readonly offset: number
  readonly value: Buffer | null
  /** Epoch of the leader that wrote it. */
  readonly epoch: number
}

/** Where a fetch begins. */
export interface FetchPlace {
  readonly topicId: string
  readonly offset: number
  /** Epoch of the leader that wrote the record before the offset, -1 when there is none. */
  readonly epoch: number
  /** How long the broker may wait while there is nothing. */
  readonly waitMs: number
}

/** What a fetch brought. */
export interface Fetched {
  readonly records: readonly TopicRecord[]
  /** Offset after the last record that is there for all to read. */
  readonly end: number
  /** Offset of the first record that the topic still has. */
  readonly start: number
  /** Where the topic is another than the one that was read before; undefined when it is the same. */
  readonly divergedAt: number | undefined
}

/** The topic as it was found. */
export type FoundTopic =
  { readonly ok: true; readonly id: string } | { readonly ok: false; readonly wrong: string }

/**
 * One topic of one partition, without a consumer group: where to go on is known by who reads. Each
 * request is made once; whoever asks decides what to do when it fails.
 */
export class TopicClient {
  readonly topic: string
  readonly #options: KafkaOptions
  readonly #use: TopicUse
  readonly #admin: Admin
  readonly #consumer: Consumer
  readonly #producer: Producer

  /** Opens no connection. Throws MERIDIAN_CONFIG_UNREADABLE when a PEM file is not there. */
  constructor(options: KafkaOptions, use: TopicUse) {
    this.topic = options.topic
    this.#use = use
    this.#options = options
    const base = connectionOf(options, 'eventLog.kafka')
    this.#admin = new Admin(base)
    // A group is wanted by the library, and never joined.
    this.#consumer = new Consumer({ ...base, groupId: options.clientId })
    this.#consumer.topics.track(options.topic)
    this.#producer = new Producer(base)
  }

  /** Finds the topic, makes it where there is none, and looks at its settings. Rejects when out of reach. */
  async find(): Promise<FoundTopic> {
    const { topic } = this
    const isThere = (await this.#admin.listTopics({ includeInternals: true })).includes(topic)
    if (!isThere) {
      if (!this.#options.createTopic) {
        return { ok: false, wrong: 'it is not there, and createTopic is false' }
      }
      await this.#create()
    }
    const metadata = await this.#admin.metadata({ topics: [topic], forceUpdate: true })
    const found = metadata.topics.get(topic)
    if (found === undefined) throw new Error(`the brokers do not tell of the topic ${topic}`)
    const [described] = await this.#admin.describeConfigs({
      resources: [
        { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: null },
      ],
    })
    const configs = new Map(described?.configs.map(({ name, value }) => [name, value ?? '']))
    const wrong = wrongSettings(this.#use, found.partitionsCount, configs)
    return wrong === undefined ? { ok: true, id: found.id } : { ok: false, wrong }
  }

  /** The offset after the last record. */
  async endOffset(): Promise<number> {
    const { topic } = this
    const offsets = await this.#consumer.listOffsets({
      topics: [topic],
      timestamp: ListOffsetTimestamps.LATEST,
    })
    const end = offsets.get(topic)?.[0]
    if (end === undefined) throw new Error(`the brokers do not tell where the topic ${topic} ends`)
    return Number(end)
  }

  /** Reads from an offset on. */
  async fetch({ topicId, offset, epoch, waitMs }: FetchPlace): Promise<Fetched> {
    const response = await this.#consumer.fetch({
      node: -1,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: FETCH_MAX_BYTES,
      // A transaction that somebody left open in the topic must not hold the log up.
      isolationLevel: FetchIsolationLevels.READ_UNCOMMITTED,
      topics: [
        {
          topicId,
          partitions: [
            {
              partition: 0,
              currentLeaderEpoch: -1,
              fetchOffset: BigInt(offset),
              // KIP-320: the leader says when it had another record before this offset.
              lastFetchedEpoch: epoch,
              partitionMaxBytes: FETCH_MAX_BYTES,
            },
          ],
        },
      ],
    })
    const found = response.responses[0]?.partitions[0]
    // An answer of a fetch session (KIP-227) leaves out a partition of which there is nothing to say.
    if (found === undefined) return { records: [], end: -1, start: -1, divergedAt: undefined }
    const records: TopicRecord[] = []
    for (const batch of found.records ?? []) {
      for (const { offsetDelta, value } of batch.records) {
        const at = Number(batch.firstOffset) + offsetDelta
        // The first batch may begin before the offset.
        if (at >= offset) records.push({ offset: at, value, epoch: batch.partitionLeaderEpoch })
      }
    }
    const diverging = found.divergingEpoch
    return {
      records,
      end: Number(found.highWatermark),
      start: Number(found.logStartOffset),
      divergedAt:
        diverging === undefined || diverging.epoch < 0 ? undefined : Number(diverging.endOffset),
    }
  }

  /** Writes a record; resolves when all replicas in sync have it. */
  async send(value: Buffer): Promise<void> {
    await this.#producer.send({
      acks: ProduceAcks.ALL,
      messages: [{ topic: this.topic, partition: 0, value }],
    })
  }

  /** Forgets what is known of the cluster: something has failed, and another broker may lead now. */
  forget(): void {
    for (const client of [this.#admin, this.#consumer, this.#producer]) client.clearMetadata()
  }

  /** Ends all connections; requests under way fail. */
  async close(): Promise<void> {
    await Promise.allSettled([
      this.#admin.close(),
      this.#consumer.close(true),
      this.#producer.close(true),
    ])
  }

  async #create(): Promise<void> {
    const { replicationFactor } = this.#options
    try {
      await this.#admin.createTopics({
        topics: [this.topic],
        partitions: 1,
        replicas: replicationFactor,
        configs: wantedConfigs(this.#use, replicationFactor),
      })
    } catch (err) {
      // Another central was first.
      if (!isKafkaError(err, 'TOPIC_ALREADY_EXISTS')) throw err
    }
  }
}
