import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeOf, coded } from '../../../central/log/event-log.contract.ts'
import type { KafkaLog } from '../../../central/log/kafka/kafka-log.ts'
import type { KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'
import { TestFolder } from '../../support/mesh.ts'
import { until } from '../../support/program.ts'
import { BROKER_START_MS, startBroker } from './broker.ts'
import { openTopic } from './open-log.ts'

const folder = new TestFolder()
let broker: KafkaBroker
beforeAll(async () => {
  broker = await startBroker(join(folder.path, 'broker'))
}, BROKER_START_MS)
afterAll(async () => {
  await broker.end('SIGKILL')
  folder.remove()
})

function open(topic: string, options: object = {}): Promise<KafkaLog> {
  return openTopic(broker, folder.path, topic, 'a', options)
}

async function following(log: KafkaLog): Promise<void> {
  await until(
    'Kafka to be followed',
    () => (log.state.kind === 'following' ? true : undefined),
    30_000,
  )
}

async function refusing(log: KafkaLog): Promise<void> {
  await until('writes to be refused', async () => {
    const [answer] = await Promise.allSettled([log.append(log.head, [changeOf('lost')])])
    return answer?.status === 'rejected' && String(answer.reason).includes('central is read-only')
      ? true
      : undefined
  })
}

test('without Kafka the log can be read and not written, and goes on by itself when it is back', async () => {
  const log = await open('lost', { answerTimeoutMs: 1_000 })
  await log.append(0, [changeOf('a')])
  await broker.end('SIGKILL')
  await refusing(log)
  expect(log.readOnlyReason).toContain('has been out of reach for')
  expect(Array.from(log.read(0), ({ actor }) => actor)).toEqual(['a'])
  expect(log.counts.losses).toBe(1)

  // Nobody waits long for a start without Kafka when there is something to serve.
  await log.close()
  const again = await open('lost')
  expect({ kind: again.state.kind, head: again.head }).toEqual({ kind: 'away', head: 1 })
  await expect(again.append(1, [changeOf('b')])).rejects.toEqual(coded('MERIDIAN_LOG_READ_ONLY'))

  await broker.start()
  await following(again)
  await again.append(1, [changeOf('b')])
  expect(again.readOnlyReason).toBeUndefined()
  await again.close()
}, 60_000)

test('a write that Kafka does not answer in time may come yet: once, and followers hear of it', async () => {
  const log = await open('stopped', { answerTimeoutMs: 1_000, requestTimeoutMs: 3_000 })
  await log.append(0, [changeOf('a')])
  const heard: string[] = []
  log.follow((records) => heard.push(...records.map(({ actor }) => actor)))
  broker.signal('SIGSTOP')
  try {
    await expect(log.append(1, [changeOf('b')])).rejects.toEqual(
      coded('MERIDIAN_LOG_UNANSWERED', 'may come yet, once and whole, or never'),
    )
  } finally {
    broker.signal('SIGCONT')
  }
  // It was in a socket of the broker.
  await until('the write to come', () => (heard.length > 0 ? true : undefined))
  await following(log)
  await log.append(2, [changeOf('c')])
  expect(heard).toEqual(['b', 'c'])
  expect({ head: log.head, unanswered: log.unansweredAppends }).toEqual({ head: 3, unanswered: 1 })
  await log.close()
}, 60_000)

test('a central without a copy waits for Kafka', async () => {
  await broker.end('SIGKILL')
  let isOpen = false
  const opening = open('waited-for').then((log) => {
    isOpen = true
    return log
  })
  await broker.start()
  const log = await opening
  expect({ isOpen, head: log.head }).toEqual({ isOpen: true, head: 0 })
  await log.close()
}, 60_000)
