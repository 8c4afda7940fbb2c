import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { streamRecord } from '../../../central/source/messages.fixture.ts'
import type { KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'
import { CentralUnderTest, TestFolder } from '../../support/mesh.ts'
import { isRecord, until } from '../../support/program.ts'
import { BROKER_START_MS, startBroker } from './broker.ts'
import {
  createTopic,
  deleteBefore,
  deleteTopic,
  produce,
  streamMessage,
  transact,
} from './producer.ts'
import {
  caughtUp,
  eventsIn,
  itemsOf,
  manyMessages,
  metric,
  rrsetsBecome,
  rrsetsOf,
  sourceOf,
} from './source-views.ts'

const folder = new TestFolder()
let broker: KafkaBroker
const centrals: { readonly central: CentralUnderTest; readonly own: TestFolder }[] = []
beforeAll(async () => {
  broker = await startBroker(join(folder.path, 'broker'))
}, BROKER_START_MS)
afterEach(async () => {
  for (const { central, own } of centrals.splice(0)) {
    await central.end('SIGKILL')
    own.remove()
  }
})
afterAll(async () => {
  await broker.end('SIGKILL')
  folder.remove()
})

/** A central that follows a topic, started; `eventLog` shares its log with others. */
async function follow(topic: string, config: object = {}): Promise<CentralUnderTest> {
  const own = new TestFolder()
  const source = { kind: 'kafka', name: 'dns', brokers: [broker.address], topic }
  const central = new CentralUnderTest(own, {
    sources: [{ ...source, zones: ['example'] }],
    ...config,
  })
  centrals.push({ central, own })
  await central.start()
  return central
}

async function withZone(central: CentralUnderTest): Promise<CentralUnderTest> {
  await central.apply({ zones: [{ apex: 'example', ns: ['ns.example'] }] })
  return central
}

test('a zone follows a compacted topic: records, lists of them, deletes, a CNAME in place of others', async () => {
  await createTopic(broker, 'follows', { 'cleanup.policy': 'compact' })
  await produce(broker, 'follows', [
    streamMessage('a.example.', 'A', '192.0.2.1', '192.0.2.2'),
    { key: 'b.example.|A', value: streamRecord('b.example', 'A', '192.0.2.3') },
    {
      key: 'example.|MX',
      value: streamRecord('example.', 'MX', 'mail.example', { Priority: 10 }),
    },
    streamMessage('gone.example.', 'TXT', 'v=spf1 -all'),
    { key: 'gone.example.|TXT', value: [] },
  ])
  const central = await withZone(await follow('follows'))
  const first = ['a.example. A 192.0.2.1,192.0.2.2', 'b.example. A 192.0.2.3']
  await rrsetsBecome(central, [...first, 'example. MX 10 mail.example.'])
  expect(await itemsOf(central, '/v1/events?limit=1&after=1')).toMatchObject([
    { actor: 'source:dns', cause: 'follows/0/0-4', version: 2 },
  ])

  await produce(broker, 'follows', [
    { key: 'EXAMPLE|MX' },
    streamMessage('b.example.', 'CNAME', 'a.example'),
  ])
  await rrsetsBecome(central, [first[0] ?? '', 'b.example. CNAME a.example.'])
  await produce(broker, 'follows', [{ key: 'a.example.|A', value: Buffer.alloc(0) }])
  await rrsetsBecome(central, ['b.example. CNAME a.example.'])
  expect(await sourceOf(central)).toMatchObject({
    name: 'dns',
    state: 'following',
    partitions: [{ partition: 0, position: 8, end: 8, lag: 0 }],
    messages: { applied: 8, unchanged: 0, elsewhere: 0, refused: 0 },
  })
})

test('bad and foreign messages among good ones are dead letters, and stop nobody', async () => {
  await createTopic(broker, 'bad', { 'max.message.bytes': '3000000' })
  await produce(broker, 'bad', [
    streamMessage('a.example.', 'A', '192.0.2.1'),
    streamMessage('bad.example.', 'A', '192.0.2.256'),
    { key: 'bad.example.|A', value: Buffer.from('hello') },
    { value: { some: 'thing' } },
    { key: 'order-17', value: { some: 'thing' } },
    streamMessage('www.test.', 'A', '192.0.2.9'),
    { key: 'example.|NS', value: streamRecord('example', 'NS', 'ns.test') },
    { key: 'a.example.|CNAME', value: streamRecord('b.example', 'CNAME', 'c.example') },
    { key: 'big.example.|TXT', value: Buffer.alloc(1_100_000, 0x20) },
    streamMessage('b.example.', 'A', '192.0.2.2'),
  ])
  const central = await withZone(await follow('bad'))
  await rrsetsBecome(central, ['a.example. A 192.0.2.1', 'b.example. A 192.0.2.2'])
  await caughtUp(central, 10)
  expect((await sourceOf(central))['messages']).toEqual({
    applied: 2,
    unchanged: 0,
    elsewhere: 1,
    refused: 7,
  })
  const letters = await itemsOf(central, '/v1/dead-letters')
  expect(
    letters.map((one) => (isRecord(one) ? [one['offset'], one['reason'], one['key']] : [])),
  ).toEqual([
    [8, 'value-oversized', 'big.example.|TXT'],
    [7, 'key-mismatch', 'a.example.|CNAME'],
    [6, 'ns-of-zone', 'example.|NS'],
    [4, 'key-invalid', 'order-17'],
    [3, 'key-invalid', ''],
    [2, 'value-invalid', 'bad.example.|A'],
    [1, 'record-invalid', 'bad.example.|A'],
  ])
  const sample = 'meridian_central_source_dead_letters_total{source="dns",reason="key-invalid"}'
  expect(await metric(central, sample)).toBe(2)
})

test('it waits for a zone and a topic that are not there yet, says so, and takes all of a topic made anew', async () => {
  const central = await follow('late')
  const waits = async (reason: string): Promise<void> => {
    await until(reason, async () =>
      (await sourceOf(central))['reason'] === reason ? true : undefined,
    )
  }
  await waits('there is no zone example., put it first')
  await withZone(central)
  await waits('there is no topic late')
  await createTopic(broker, 'late')
  await produce(broker, 'late', [streamMessage('a.example.', 'A', '192.0.2.1')])
  await rrsetsBecome(central, ['a.example. A 192.0.2.1'])
  await deleteTopic(broker, 'late')
  await createTopic(broker, 'late')
  await produce(broker, 'late', [streamMessage('b.example.', 'A', '192.0.2.2')])
  await rrsetsBecome(central, ['a.example. A 192.0.2.1', 'b.example. A 192.0.2.2'])
  const { messages } = await sourceOf(central)
  expect(messages).toMatchObject({ applied: 2, refused: 0 })
})

test('what a transaction wrote counts when it holds, and its marks are no messages', async () => {
  await createTopic(broker, 'transactions')
  const central = await withZone(await follow('transactions'))
  await transact(broker, 'transactions', [streamMessage('a.example.', 'A', '192.0.2.1')], 'commit')
  await transact(broker, 'transactions', [streamMessage('b.example.', 'A', '192.0.2.2')], 'abort')
  // Two messages, and the mark of each transaction.
  expect(await caughtUp(central, 4)).toMatchObject({ applied: 1, refused: 0 })
  expect(await rrsetsOf(central)).toEqual(['a.example. A 192.0.2.1'])
  expect((await sourceOf(central))['partitions']).toMatchObject([{ position: 4, lag: 0 }])
})

test('messages that were deleted before they were read are gone, and the rest is taken', async () => {
  await createTopic(broker, 'deleted')
  await produce(broker, 'deleted', [streamMessage('a.example.', 'A', '192.0.2.1')])
  const central = await withZone(await follow('deleted'))
  await rrsetsBecome(central, ['a.example. A 192.0.2.1'])
  await central.end('SIGKILL')
  await produce(broker, 'deleted', [
    streamMessage('b.example.', 'A', '192.0.2.2'),
    streamMessage('c.example.', 'A', '192.0.2.3'),
  ])
  await deleteBefore(broker, 'deleted', 2)
  await central.start()
  await rrsetsBecome(central, ['a.example. A 192.0.2.1', 'c.example. A 192.0.2.3'])
  expect(central.program?.stderr).toContain('the topic lacks the position now')
})

test('without Kafka it says so, and goes on when it is back', async () => {
  await createTopic(broker, 'away', {}, 3)
  const central = await withZone(await follow('away'))
  await produce(broker, 'away', [streamMessage('a.example.', 'A', '192.0.2.1')])
  await rrsetsBecome(central, ['a.example. A 192.0.2.1'])
  await broker.end('SIGKILL')
  await until('the source to fail', async () =>
    (await sourceOf(central))['state'] === 'failing' ? true : undefined,
  )
  expect(await metric(central, 'meridian_central_source_following{source="dns"}')).toBe(0)
  await broker.start()
  await produce(broker, 'away', [
    { ...streamMessage('b.example.', 'A', '192.0.2.2'), partition: 1 },
    { ...streamMessage('c.example.', 'A', '192.0.2.3'), partition: 2 },
  ])
  const all = ['a.example. A 192.0.2.1', 'b.example. A 192.0.2.2', 'c.example. A 192.0.2.3']
  await rrsetsBecome(central, all)
})

test('killed in the middle of a load it goes on behind what was taken: nothing is lost, nothing doubled', async () => {
  const count = 30_000
  await createTopic(broker, 'killed', { 'cleanup.policy': 'compact' })
  await produce(broker, 'killed', manyMessages(0, count))
  const central = await withZone(await follow('killed'))
  let versions = 0
  for (let kill = 1; kill <= 3; kill++) {
    const enough = versions + 8
    versions = await until('some of the messages to be taken', async () => {
      const version = await central.version()
      return version >= enough ? version : undefined
    })
    await central.end('SIGKILL')
    await central.start()
  }
  await caughtUp(central, count)
  expect(await eventsIn(central)).toEqual({ puts: count, twice: 0 })
  const before = await central.version()
  await central.end('SIGKILL')
  await central.start()
  await caughtUp(central, count)
  expect(await central.version()).toBe(before)
}, 90_000)

test('of several centrals one follows; when it is killed another goes on: nothing is lost, nothing doubled', async () => {
  await createTopic(broker, 'shared', { 'cleanup.policy': 'compact' })
  const eventLog = { driver: 'kafka', kafka: { brokers: [broker.address], topic: 'shared-log' } }
  const both = [await follow('shared', { eventLog }), await follow('shared', { eventLog })]
  const [first] = both
  if (first === undefined) throw new Error('there are no centrals')
  await withZone(first)
  const following = await until('one of them to follow', async () => {
    const states = await Promise.all(both.map(async (one) => (await sourceOf(one))['state']))
    return states.includes('following') ? both[states.indexOf('following')] : undefined
  })
  const other = both.find((one) => one !== following)
  if (other === undefined) throw new Error('there is no other central')
  await produce(broker, 'shared', manyMessages(0, 5_000))
  await until('some of the messages to be taken', async () =>
    (await following.version()) > 2 ? true : undefined,
  )
  await following.end('SIGKILL')
  await produce(broker, 'shared', manyMessages(5_000, 100))
  await caughtUp(other, 5_100)
  expect(await eventsIn(other)).toEqual({ puts: 5_100, twice: 0 })
}, 90_000)
