import { afterEach, describe, expect, it, vi } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { HeldHandler } from '../listen/held-handler.ts'
import type { QueryHandler } from '../listen/listener.ts'
import { SharedBudgetMembers } from '../listen/shared-budget.ts'
import { type StreamTestClient, openTcpClient } from '../listen/test-client.ts'
import { answerOf, keyOf, wireOf } from '../table/table-fixture.ts'
import { TableWriter } from '../table/writer.ts'
import { type StreamFixtureOptions, openStreamListener } from './stream-fixture.ts'
import type { StreamListener } from './stream-listener.ts'

/** A thread takes long to load on a machine that has other things to do. */
const DEADLINE = { timeout: 10_000 }

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const echo: QueryHandler = (wire, _client, reply) => reply(wire)

async function start(
  handler: QueryHandler,
  options?: StreamFixtureOptions,
): Promise<StreamListener> {
  const listener = openStreamListener(handler, options)
  await listener.start()
  closing.push(() => {
    listener.abort()
    return listener.stop()
  })
  return listener
}

async function open(listener: StreamListener): Promise<StreamTestClient> {
  const client = await openTcpClient(listener.address())
  closing.push(() => client.close())
  return client
}

/** A query for type A, without OPT. */
function query(name: string, id = 1): Buffer {
  const header = Buffer.from([id >> 8, id & 255, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, wireOf(name), Buffer.from([0, TYPE_A, 0, CLASS_IN])])
}

/** A table with one answer, of so many octets. */
function tableOf(name: string, bodyBytes: number): TableWriter {
  const table = new TableWriter({ maxBytes: 4 * 1024 * 1024 })
  expect(table.put(keyOf(name), answerOf(Buffer.alloc(bodyBytes, 7)))).toBe(true)
  return table
}

function total(listener: StreamListener): number {
  return listener.counts.reduce((sum, counts) => sum + counts.answered, 0)
}

describe('a stream thread', () => {
  it('answers what is in the table without the control thread, and counts it', async () => {
    const handler = new HeldHandler()
    const table = tableOf('a.example', 16)
    const listener = await start(handler.handle, { table })
    const client = await open(listener)
    client.send(query('A.example', 0x1234))
    const answer = await client.receive()
    expect(answer?.readUInt16BE(0)).toBe(0x1234)
    // QR, AA, RD.
    expect(answer?.readUInt16BE(2)).toBe(0x8500)
    expect(answer?.subarray(-16)).toEqual(Buffer.alloc(16, 7))
    await expect.poll(() => listener.stats.answered, DEADLINE).toBe(1)
    expect(listener.stats).toMatchObject({ received: 1, inFlight: 0, connections: 1 })
    expect(total(listener)).toBe(1)
    expect(handler.held).toEqual([])
  })

  it('sends an answer whole that would not fit into a datagram (RFC 7766 §8)', async () => {
    const handler = new HeldHandler()
    const client = await open(await start(handler.handle, { table: tableOf('big.example', 4000) }))
    client.send(query('big.example'))
    const answer = await client.receive()
    expect(answer?.length).toBe(query('big.example').length + 4000)
    expect((answer?.[2] ?? 0) & 0x02).toBe(0)
    expect(handler.held).toEqual([])
  })

  it('sends an answer that is there before one that waits (RFC 7766 §7)', async () => {
    const handler = new HeldHandler()
    const listener = await start(handler.handle, { table: tableOf('a.example', 16) })
    const client = await open(listener)
    client.send(query('slow.example', 1))
    client.send(query('a.example', 2))
    expect((await client.receive())?.readUInt16BE(0)).toBe(2)
    const [held] = await handler.until(1)
    held?.reply(held.wire)
    expect(await client.receive()).toEqual(query('slow.example', 1))
  })

  it('ignores an answer, without the control thread', async () => {
    const handler = new HeldHandler()
    const listener = await start(handler.handle, { table: tableOf('a.example', 16) })
    const client = await open(listener)
    const reflected = query('a.example')
    reflected[2] = 0x80
    client.send(reflected)
    client.send(query('a.example', 3))
    expect((await client.receive())?.readUInt16BE(0)).toBe(3)
    expect(listener.counts.reduce((sum, counts) => sum + counts.ignored, 0)).toBe(1)
    expect(handler.held).toEqual([])
  })

  it('reads a change of the table that was made between two queries on one connection', async () => {
    const table = tableOf('a.example', 16)
    const client = await open(await start(echo, { table }))
    for (let i = 1; i <= 50; i++) {
      table.put(keyOf('a.example'), answerOf(Buffer.alloc(16, i)))
      client.send(query('a.example', i))
      expect((await client.receive())?.at(-1)).toBe(i)
    }
  })

  it('does not keep old answers from being reclaimed while connections are idle', async () => {
    const table = tableOf('a.example', 16)
    const client = await open(await start(echo, { table }))
    client.send(query('a.example'))
    expect((await client.receive())?.length).toBe(query('a.example').length + 16)
    const before = table.stats().heldBytes
    for (let i = 0; i < 20_000; i++) {
      table.put(keyOf('a.example'), answerOf(Buffer.alloc(1000, i & 255)))
    }
    expect(table.stats().refused).toBe(0)
    expect(table.stats().heldBytes - before).toBeLessThan(1024 * 1024)
  })
})

describe('the limits of stream threads', () => {
  it('hold for all threads together, of all addresses', async () => {
    const budget = new SharedBudgetMembers(3, { max: 2, perClientMax: 2 })
    const two = await start(echo, { threads: 2, budget })
    const other = await start(echo, { threads: 1, budget })
    const first = await open(two)
    for (const client of [first, await open(other)]) {
      client.send(Buffer.from('question'))
      expect(String(await client.receive())).toBe('question')
    }
    for (const listener of [two, other]) await (await open(listener)).closed
    const refused = two.stats.connectionsRefused + other.stats.connectionsRefused
    expect(refused).toBe(2)
    expect(two.stats.connections + other.stats.connections).toBe(2)
    first.close()
    await expect.poll(() => two.stats.connections, DEADLINE).toBe(0)
    const next = await open(two)
    next.send(Buffer.from('question'))
    expect(String(await next.receive())).toBe('question')
  })

  it('keep the place of a closed connection until the control thread has replied', async () => {
    const handler = new HeldHandler()
    const budget = new SharedBudgetMembers(1, { max: 1, perClientMax: 1 })
    const listener = await start(handler.handle, { budget })
    const first = await open(listener)
    first.send(Buffer.from('question'))
    const [held] = await handler.until(1)
    first.reset()
    await expect.poll(() => listener.stats.connections, DEADLINE).toBe(0)
    await (
      await open(listener)
    ).closed
    expect(listener.stats.connectionsRefused).toBe(1)
    held?.reply(undefined)
    await expect
      .poll(async () => {
        const next = await open(listener)
        next.send(Buffer.from('next'))
        return handler.held.length
      }, DEADLINE)
      .toBe(2)
  })

  it('close a connection that is idle', async () => {
    const listener = await start(echo, { idleTimeoutMs: 100 })
    const client = await open(listener)
    await client.closed
    await expect.poll(() => listener.stats.connections, DEADLINE).toBe(0)
    expect(listener.stats.connectionsTimedOut).toBe(1)
  })

  it('let no more of a connection come to the control thread than may be in flight', async () => {
    const handler = new HeldHandler()
    const listener = await start(handler.handle, { inFlightMax: 2 })
    const client = await open(listener)
    for (let i = 0; i < 5; i++) client.send(Buffer.from(`${i}`))
    for (let i = 0; i < 5; i++) {
      const held = (await handler.until(i + 1))[i]
      expect(handler.held.length - i).toBeLessThanOrEqual(2)
      held?.reply(held.wire)
      expect(String(await client.receive())).toBe(`${i}`)
    }
    await expect.poll(() => listener.stats.answered, DEADLINE).toBe(5)
  })
})

describe('a stream thread that dies', () => {
  it('is replaced; its connections end, its places are free, its counts stay', async () => {
    const budget = new SharedBudgetMembers(1, { max: 1, perClientMax: 1 })
    const listener = await start(echo, { table: tableOf('a.example', 16), budget })
    const client = await open(listener)
    client.send(query('a.example', 1))
    expect((await client.receive())?.readUInt16BE(0)).toBe(1)
    await expect.poll(() => listener.stats.answered, DEADLINE).toBe(1)
    await listener.threads[0]?.terminate()
    await client.closed
    await expect.poll(() => listener.replaced, DEADLINE).toBe(1)
    expect(listener.living).toBe(1)
    const next = await open(listener)
    next.send(query('a.example', 2))
    expect((await next.receive())?.readUInt16BE(0)).toBe(2)
    await expect.poll(() => listener.stats.answered, DEADLINE).toBe(2)
    expect(listener.stats).toMatchObject({ received: 2, connectionsAccepted: 2, connections: 1 })
    expect(total(listener)).toBe(2)
  })

  it('leaves the others, and what the control thread still answers goes nowhere', async () => {
    const handler = new HeldHandler()
    const listener = await start(handler.handle, { table: tableOf('a.example', 16), threads: 2 })
    const client = await open(listener)
    client.send(query('slow.example'))
    const [held] = await handler.until(1)
    const [dying, other] = listener.threads
    const [dead, alive] = dying?.outstanding === 1 ? [dying, other] : [other, dying]
    await dead?.terminate()
    await client.closed
    expect(listener.stats).toMatchObject({ inFlight: 1, connections: 0, sendErrors: 0 })
    held?.reply(held.wire)
    expect(listener.stats).toMatchObject({ inFlight: 0, sendErrors: 1, answered: 0 })
    expect(listener.threads).toContain(alive)
    await expect.poll(() => listener.living, DEADLINE).toBe(2)
    await expect.poll(() => listener.replaced, DEADLINE).toBe(1)
    const next = await open(listener)
    next.send(query('a.example', 9))
    expect((await next.receive())?.readUInt16BE(0)).toBe(9)
  })

  it('stops with the others while its successor is just starting', async () => {
    // Where the drain were not heard, the test would end before it.
    const listener = await start(echo, { drainMs: 60_000 })
    const [dead] = listener.threads
    await dead?.terminate()
    await vi.waitUntil(() => listener.threads.length === 1, DEADLINE)
    await listener.stop()
    expect(listener.threads).toEqual([])
  })

  it('is not replaced once the listener stops', async () => {
    const listener = await start(echo)
    await listener.threads[0]?.terminate()
    await listener.stop()
    expect([listener.threads, listener.living, listener.replaced]).toEqual([[], 0, 0])
  })
})
