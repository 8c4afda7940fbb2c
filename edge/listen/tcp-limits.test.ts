import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { frameMessage } from '../../shared/dns/framing.ts'
import { ConnectionBudget } from './connection-budget.ts'
import { HeldHandler } from './held-handler.ts'
import { IDLE_TIMEOUT_MS, TcpFixture, echo, exchange, turnOfTheLoop } from './tcp-fixture.ts'

const tcp = new TcpFixture()

describe('time', () => {
  it('closes a connection that is idle, and not before its time (RFC 7766 §6.2.3)', async () => {
    const clock = new ManualClock()
    const listener = await tcp.start(echo, {}, clock)
    const idle = await tcp.open(listener)
    const asking = await tcp.open(listener)
    await exchange(idle, 'once')
    clock.advance(IDLE_TIMEOUT_MS * 0.6)
    await exchange(asking, 'again')
    clock.advance(IDLE_TIMEOUT_MS * 0.6)
    await idle.closed
    await exchange(asking, 'still open')
    expect(listener.stats).toMatchObject({ connections: 1, connectionsTimedOut: 1 })
  })

  it('closes a connection that never says anything', async () => {
    const clock = new ManualClock()
    const listener = await tcp.start(echo, {}, clock)
    const client = await tcp.open(listener)
    await expect.poll(() => listener.stats.connections).toBe(1)
    clock.advance(IDLE_TIMEOUT_MS)
    await client.closed
    expect(listener.stats.connectionsTimedOut).toBe(1)
  })

  it('does not take a connection for idle whose query is not answered yet', async () => {
    const clock = new ManualClock()
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle, {}, clock)
    const waiting = await tcp.open(listener)
    waiting.send(Buffer.from('slow'))
    const [held] = await handler.until(1)
    const idle = await tcp.open(listener)
    await expect.poll(() => listener.stats.connections).toBe(2)
    clock.advance(IDLE_TIMEOUT_MS * 5)
    await idle.closed
    held?.reply(Buffer.from('at last'))
    expect(String(await waiting.receive())).toBe('at last')
    expect(listener.stats.connectionsTimedOut).toBe(1)
  })

  it('gives one message its time, whatever trickles in (slowloris)', async () => {
    const clock = new ManualClock()
    const listener = await tcp.start(echo, {}, clock)
    const slow = await tcp.open(listener)
    // A whole message first, whose echo tells that the octet behind it was seen as well.
    slow.write(Buffer.concat([frameMessage(Buffer.from('whole')), Buffer.from([1])]))
    expect(String(await slow.receive())).toBe('whole')
    for (let i = 0; i < 9; i++) {
      clock.advance(IDLE_TIMEOUT_MS / 10)
      slow.write(Buffer.from([0]))
      await turnOfTheLoop()
    }
    const other = await tcp.open(listener)
    await exchange(other, 'question')
    clock.advance(IDLE_TIMEOUT_MS / 10)
    await slow.closed
    await exchange(other, 'still open')
    expect(listener.stats.connectionsTimedOut).toBe(1)
  })

  it('gives a message no more time because another one is in flight', async () => {
    const clock = new ManualClock()
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle, {}, clock)
    const slow = await tcp.open(listener)
    slow.write(Buffer.concat([frameMessage(Buffer.from('whole')), Buffer.from([1])]))
    const [held] = await handler.until(1)
    clock.advance(IDLE_TIMEOUT_MS)
    await slow.closed
    held?.reply(Buffer.from('too late'))
    expect(listener.stats).toMatchObject({ connectionsTimedOut: 1, sendErrors: 1, inFlight: 0 })
  })
})

describe('limits', () => {
  it('refuses connections above the bound and takes new ones when others close', async () => {
    const listener = await tcp.start(echo, { budget: new ConnectionBudget(2, 2) })
    const first = await tcp.open(listener)
    await exchange(first, 'first')
    await exchange(await tcp.open(listener), 'second')
    const third = await tcp.open(listener)
    await third.closed
    expect(listener.stats).toMatchObject({ connections: 2, connectionsRefused: 1 })
    first.close()
    await expect.poll(() => listener.stats.connections).toBe(1)
    await exchange(await tcp.open(listener), 'fourth')
    expect(listener.stats).toMatchObject({ connectionsAccepted: 3, connectionsRefused: 1 })
  })

  it('keeps the place of a closed connection until its messages are answered', async () => {
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle, { budget: new ConnectionBudget(1, 1) })
    const first = await tcp.open(listener)
    first.send(Buffer.from('question'))
    const [held] = await handler.until(1)
    // A FIN would leave the connection open until the answer.
    first.reset()
    await expect.poll(() => listener.stats.connections).toBe(0)
    await (
      await tcp.open(listener)
    ).closed
    expect(listener.stats.connectionsRefused).toBe(1)
    held?.reply(undefined)
    const next = await tcp.open(listener)
    next.send(Buffer.from('next'))
    const [, second] = await handler.until(2)
    expect(String(second?.wire)).toBe('next')
    second?.reply(undefined)
  })

  it('reads no more than may be in flight, and the rest as answers go out', async () => {
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle, { inFlightMax: 2 })
    const client = await tcp.open(listener)
    for (let i = 0; i < 5; i++) client.send(Buffer.from(`${i}`))
    await handler.until(2)
    await turnOfTheLoop()
    for (let i = 0; i < 5; i++) {
      expect(listener.stats.inFlight).toBeLessThanOrEqual(2)
      const held = (await handler.until(i + 1))[i]
      held?.reply(held.wire)
      expect(String(await client.receive())).toBe(`${i}`)
    }
    expect(listener.stats).toMatchObject({ received: 5, answered: 5, dropped: 0 })
  })

  it('takes as many messages as a read can hold, each answered at once', async () => {
    const listener = await tcp.start((wire, _client, reply) => {
      reply(String(wire) === '.' ? undefined : wire)
    })
    const client = await tcp.open(listener)
    client.write(
      Buffer.concat(Array.from({ length: 20_000 }, () => frameMessage(Buffer.from('.')))),
    )
    await exchange(client, 'last')
    expect(listener.stats).toMatchObject({ received: 20_001, inFlight: 0 })
  })

  it('reads no more of a client that does not read, and gives it all when it does', async () => {
    const answer = Buffer.alloc(60_000, 'x')
    const listener = await tcp.start((_wire, _client, reply) => reply(answer))
    const client = await tcp.open(listener)
    client.pause()
    const count = 300
    for (let i = 0; i < count; i++) client.send(Buffer.from(`${i}`))
    await expect.poll(() => listener.stats.received).toBeGreaterThan(1)
    client.resume()
    for (let i = 0; i < count; i++) expect((await client.receive())?.length).toBe(answer.length)
    expect(listener.stats).toMatchObject({ received: count, connectionsStalled: 0 })
  })

  it('closes the connection of a client that lets too much pile up', async () => {
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle, { inFlightMax: 400 })
    const client = await tcp.open(listener)
    client.pause()
    for (let i = 0; i < 400; i++) client.send(Buffer.from(`${i}`))
    const answer = Buffer.alloc(65_535, 'x')
    for (const { reply } of await handler.until(400)) reply(answer)
    await expect.poll(() => listener.stats.connections).toBe(0)
    expect(listener.stats).toMatchObject({ connectionsStalled: 1, inFlight: 0 })
    const { answered, sendErrors } = listener.stats
    expect(answered + sendErrors).toBe(400)
  })
})
