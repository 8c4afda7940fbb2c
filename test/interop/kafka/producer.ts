import { Admin, Producer } from '@platformatic/kafka'
import { streamRecord } from '../../../central/source/messages.fixture.ts'
import type { KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'

/** Messages of one send. */
const SEND_MAX = 5_000

/** A message of a source; a value that is no Buffer is sent as JSON. */
export interface TestMessage {
  readonly key?: string
  readonly value?: unknown
  readonly partition?: number
}

/** A message with the records of one name and type, as stream-dns has them. */
export function streamMessage(name: string, type: string, ...contents: string[]): TestMessage {
  return { key: `${name}|${type}`, value: contents.map((one) => streamRecord(name, type, one)) }
}

/** Makes a topic. */
export async function createTopic(
  broker: KafkaBroker,
  topic: string,
  configs: Readonly<Record<string, string>> = {},
  partitions = 1,
): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] })
  await admin.createTopics({
    topics: [topic],
    partitions,
    replicas: 1,
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  })
  await admin.close()
}

/** Deletes a topic. */
export async function deleteTopic(broker: KafkaBroker, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] })
  await admin.deleteTopics({ topics: [topic] })
  await admin.close()
}

/** Deletes the messages before an offset, as retention does. */
export async function deleteBefore(
  broker: KafkaBroker,
  topic: string,
  offset: number,
): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] })
  const partitions = [{ partition: 0, offset: BigInt(offset) }]
  await admin.deleteRecords({ topics: [{ name: topic, partitions }] })
  await admin.close()
}

/** Sends messages in a transaction, which holds or is given up. */
export async function transact(
  broker: KafkaBroker,
  topic: string,
  messages: readonly TestMessage[],
  end: 'commit' | 'abort',
): Promise<void> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [broker.address],
    idempotent: true,
    transactionalId: `test-${topic}`,
  })
  const transaction = await producer.beginTransaction()
  await transaction.send({ messages: messages.map((one) => recordOf(topic, one)) })
  await transaction[end]()
  await producer.close()
}

/** Sends messages to a topic, in order. */
export async function produce(
  broker: KafkaBroker,
  topic: string,
  messages: readonly TestMessage[],
): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [broker.address] })
  for (let from = 0; from < messages.length; from += SEND_MAX) {
    await producer.send({
      acks: -1,
      messages: messages.slice(from, from + SEND_MAX).map((one) => recordOf(topic, one)),
    })
  }
  await producer.close()
}

function recordOf(topic: string, { key, value, partition = 0 }: TestMessage) {
  return {
    topic,
    partition,
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    ...(value === undefined ? {} : { value: octetsOf(value) }),
  }
}

function octetsOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))
}
