import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeOf, coded } from '../../../central/log/event-log.contract.ts'
import type { KafkaLog } from '../../../central/log/kafka/kafka-log.ts'
import type { KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'
import { createCertificate } from '../../../shared/certificate.fixture.ts'
import { TestFolder } from '../../support/mesh.ts'
import { until } from '../../support/program.ts'
import { BROKER_START_MS, startBroker } from './broker.ts'
import { openTopic } from './open-log.ts'

const folder = new TestFolder()
let broker: KafkaBroker
let admin: Admin
beforeAll(async () => {
  const { key, cert } = createCertificate('p-256')
  folder.write('ca.pem', cert)
  broker = await startBroker(join(folder.path, 'broker'), {
    certificate: cert,
    key,
    plainUsers: { meridian: 'secret-of-plain' },
    scramUsers: { meridian: 'secret-of-scram' },
  })
  admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] })
}, BROKER_START_MS)
afterAll(async () => {
  await admin.close()
  await broker.end('SIGKILL')
  folder.remove()
})

function open(topic: string, options: object = {}): Promise<KafkaLog> {
  return openTopic(broker, folder.path, topic, 'a', options)
}

describe('a topic that cannot hold the log is refused, with what was found and what is wanted', () => {
  const kept = { 'retention.ms': '-1', 'retention.bytes': '-1' }
  test.for([
    { what: 'partitions', partitions: 2, configs: kept, found: '2 partitions, 1 is wanted' },
    { what: 'retention', partitions: 1, configs: {}, found: 'retention.ms is 604800000, -1' },
    {
      what: 'bytes',
      partitions: 1,
      configs: { ...kept, 'retention.bytes': '1000000' },
      found: 'retention.bytes is 1000000, -1 is wanted',
    },
    {
      what: 'compaction',
      partitions: 1,
      configs: { ...kept, 'cleanup.policy': 'compact' },
      found: 'cleanup.policy is compact, delete is wanted',
    },
    {
      what: 'small-messages',
      partitions: 1,
      configs: { ...kept, 'max.message.bytes': '1000' },
      found: 'max.message.bytes is 1000, at least 1048588 is wanted',
    },
  ])('$what', async ({ what, partitions, configs, found }) => {
    await admin.createTopics({
      topics: [what],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    })
    await expect(open(what)).rejects.toEqual(coded('MERIDIAN_LOG_FOREIGN', found))
    await expect(open(what)).rejects.toEqual(coded('MERIDIAN_LOG_FOREIGN', `topic ${what}`))
  })

  test('one that is not there and is not to be made', async () => {
    await expect(open('absent', { createTopic: false })).rejects.toEqual(
      coded('MERIDIAN_LOG_FOREIGN', 'it is not there, and createTopic is false'),
    )
  })
})

describe('a topic that is not what the local copy was made of is refused', () => {
  async function written(topic: string): Promise<void> {
    const log = await open(topic)
    for (let i = 0; i < 3; i++) await log.append(i, [changeOf(`change ${i}`)])
    await log.close()
  }

  test('one whose first records were deleted', async () => {
    await written('deleted')
    await admin.deleteRecords({
      topics: [{ name: 'deleted', partitions: [{ partition: 0, offset: 4n }] }],
    })
    await expect(open('deleted')).rejects.toEqual(coded('MERIDIAN_LOG_DAMAGED', 'retention.ms=-1'))
    // Nor can a central begin that has no copy.
    rmSync(join(folder.path, 'deleted-a'), { recursive: true })
    await expect(open('deleted')).rejects.toEqual(coded('MERIDIAN_LOG_DAMAGED', 'retention.ms=-1'))
  })

  test('one that was made anew: shorter, then longer', async () => {
    await written('anew')
    await admin.deleteTopics({ topics: ['anew'] })
    const others = await openTopic(broker, folder.path, 'anew', 'b')
    await expect(open('anew')).rejects.toEqual(coded('MERIDIAN_LOG_DAMAGED', 'it has no record 3'))
    for (let i = 0; i < 5; i++) await others.append(i, [changeOf('other')])
    await expect(open('anew')).rejects.toEqual(coded('MERIDIAN_LOG_DAMAGED', 'its record 3'))
    await others.close()
  })

  test('another topic than the one of the copy', async () => {
    await written('first')
    const other = openTopic(broker, folder.path, 'other', 'a', {}, 'first-a')
    await expect(other).rejects.toEqual(
      coded('MERIDIAN_LOG_FOREIGN', 'it is a copy of the topic first, the topic other is wanted'),
    )
    const log = await open('first')
    expect(log.head).toBe(3)
    await log.close()
  })

  test('a copy that another central uses', async () => {
    const log = await open('locked')
    await expect(open('locked')).rejects.toEqual(
      coded('MERIDIAN_LOG_UNAVAILABLE', 'another central uses this log'),
    )
    await log.close()
  })
})

describe('TLS and SASL', () => {
  let users = 0
  function openSecured(mechanism: string, password: string, tls?: object): Promise<KafkaLog> {
    return open(`secured-${users++}`, {
      brokers: [broker.securedAddress],
      tls: tls ?? { ca: folder.file('ca.pem') },
      sasl: { mechanism, username: 'meridian', password },
    })
  }

  test.for([
    ['PLAIN', 'secret-of-plain'],
    ['SCRAM-SHA-256', 'secret-of-scram'],
    ['SCRAM-SHA-512', 'secret-of-scram'],
  ] as const)('%s lets central write', async ([mechanism, password]) => {
    const log = await openSecured(mechanism, password)
    await log.append(0, [changeOf('a')])
    expect(log.head).toBe(1)
    await log.close()
  })

  test.for(['PLAIN', 'SCRAM-SHA-256'])('%s with a wrong password is refused', async (mechanism) => {
    const err: unknown = await openSecured(mechanism, 'a-wrong-password').catch(
      (reason: unknown) => reason,
    )
    expect(err).toEqual(coded('MERIDIAN_LOG_UNAVAILABLE', 'the brokers refuse this central'))
    expect(String(err)).not.toContain('a-wrong-password')
  })

  test('a broker whose certificate nobody vouches for is not spoken to', async () => {
    const lines: string[] = []
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) })
    const log = openTopic(
      broker,
      folder.path,
      'unknown-ca',
      'a',
      {
        brokers: [broker.securedAddress],
        tls: {},
        sasl: { mechanism: 'PLAIN', username: 'meridian', password: 'secret-of-plain' },
      },
      undefined,
      logger,
    )
    await until('the log to say why', () => lines.join('').includes('self-signed') || undefined)
    expect(lines.join('')).not.toContain('secret-of-plain')
    // It goes on trying: somebody may mend the broker.
    await expect(Promise.race([log, Promise.resolve('waiting')])).resolves.toBe('waiting')
  })
})
