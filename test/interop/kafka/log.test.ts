import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Producer } from '@platformatic/kafka'
import { changeOf, coded, describeEventLog } from '../../../central/log/event-log.contract.ts'
import type { EventLog } from '../../../central/log/event-log.ts'
import { encodeAppend } from '../../../central/log/kafka/frame.ts'
import type { KafkaLog } from '../../../central/log/kafka/kafka-log.ts'
import { encodeChange } from '../../../central/log/record.ts'
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

function open(topic: string, central: string): Promise<KafkaLog> {
  return openTopic(broker, folder.path, topic, central)
}

let topics = 0
describeEventLog('kafka', async () => {
  const topic = `contract-${topics++}`
  const log = await open(topic, 'a')
  return { log, reopen: () => open(topic, 'a'), cleanup: () => log.close() }
})

async function atHead(logs: readonly EventLog[], head: number): Promise<void> {
  await until(`all logs to be at ${head}`, () =>
    logs.every((log) => log.head === head) ? true : undefined,
  )
}

async function send(topic: string, ...values: Buffer[]): Promise<void> {
  const producer = new Producer({ clientId: 'foreign', bootstrapBrokers: [broker.address] })
  for (const value of values) {
    await producer.send({ acks: -1, messages: [{ topic, partition: 0, value }] })
  }
  await producer.close()
}

describe('centrals that share a topic', () => {
  test('begin one log, however many come first at once', async () => {
    const logs = await Promise.all(['a', 'b', 'c'].map((central) => open('begun-at-once', central)))
    expect(new Set(logs.map(({ id }) => id)).size).toBe(1)
    for (const log of logs) await log.close()
  })

  test('hear of what each of them writes, in one order, with one chain of hashes', async () => {
    const logs = await Promise.all(['a', 'b'].map((central) => open('shared', central)))
    const heard = logs.map((log) => {
      const versions: number[] = []
      log.follow((records) => versions.push(...records.map(({ version }) => version)))
      return versions
    })
    for (const [i, name] of ['a', 'b', 'a', 'b'].entries()) {
      await logs[i % 2]?.append(i, [changeOf(name)])
      await atHead(logs, i + 1)
    }
    expect(heard).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ])
    const [first, second] = logs.map((log) => [[...log.read(0)], log.hashAt(4)])
    expect(first).toEqual(second)
    for (const log of logs) await log.close()
  })

  test('that write at once: one is first, the others conflict, and all know what was written', async () => {
    const logs = await Promise.all(['a', 'b', 'c'].map((central) => open('raced', central)))
    for (let head = 0; head < 5; head++) {
      const answers = await Promise.allSettled(
        logs.map((log, i) => log.append(head, [changeOf(`central ${i}`)])),
      )
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const answer of answers) {
        if (answer.status === 'rejected')
          expect(answer.reason).toEqual(coded('MERIDIAN_LOG_CONFLICT'))
      }
      // Whoever lost knows the winner's record by then.
      await atHead(logs, head + 1)
    }
    for (const log of logs) await log.close()
  })
})

describe('what others put into the topic', () => {
  test('is skipped by all, counted, and not read as a change', async () => {
    const log = await open('foreign', 'a')
    await log.append(0, [changeOf('a')])
    const forged = { author: 'ffffffffffffffff', append: 0, version: 1, hash: 'f'.repeat(64) }
    await send(
      'foreign',
      Buffer.from('hello'),
      Buffer.from('{"meridian":1}\n'),
      ...(encodeAppend(forged, [encodeChange(changeOf('forged'))]) ?? []),
      Buffer.from('{"meridian":1,"genesis":"0123456789abcdef0123456789abcdef"}\n'),
    )
    await log.append(1, [changeOf('b')])
    expect(log.counts).toMatchObject({ foreign: 3, stale: 1 })
    const other = await open('foreign', 'b')
    expect(Array.from(other.read(0), ({ actor }) => actor)).toEqual(['a', 'b'])
    expect(other.hashAt(2)).toBe(log.hashAt(2))
    await log.close()
    await other.close()
  })

  test('of newer software ends the following before it, and nothing is written after', async () => {
    const log = await open('newer', 'a')
    await log.append(0, [changeOf('a')])
    await send('newer', Buffer.from('{"meridian":2}\n'))
    await until('the log to notice', () => (log.state.kind === 'failed' ? true : undefined))
    await expect(log.append(1, [changeOf('b')])).rejects.toEqual(
      coded('MERIDIAN_LOG_READ_ONLY', 'is of newer software'),
    )
    expect(Array.from(log.read(0), ({ actor }) => actor)).toEqual(['a'])
    await log.close()
    await expect(open('newer', 'a')).rejects.toEqual(
      coded('MERIDIAN_LOG_FOREIGN', 'newer software'),
    )
  })
})

test('an append of many parts comes through whole, on another central too', async () => {
  const logs = await Promise.all(['a', 'b'].map((central) => open('parts', central)))
  const big = changeOf('x'.repeat(5_000_000))
  await logs[0]?.append(0, [big, changeOf('small')])
  await atHead(logs, 2)
  for (const log of logs) {
    expect(Array.from(log.read(0), ({ actor }) => actor.length)).toEqual([5_000_000, 5])
    await log.close()
  }
})
