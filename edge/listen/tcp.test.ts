import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { frameMessage } from '../../shared/dns/framing.ts'
import { HeldHandler } from './held-handler.ts'
import { describeListener } from './listener.contract.ts'
import { TcpListener } from './tcp.ts'
import { TcpFixture, echo, exchange, optionsOf, turnOfTheLoop } from './tcp-fixture.ts'
import { openTcpClient } from './test-client.ts'

describeListener(
  'tcp over node:net',
  ({ listen, handler, drainMs }) => new TcpListener(optionsOf({ listen, drainMs }), handler),
)

const tcp = new TcpFixture()

describe('framing (RFC 1035 §4.2.2)', () => {
  const messages = ['first', 'and the second'].map((text) => Buffer.from(text))
  const stream = Buffer.concat(messages.map(frameMessage))

  it.each(Array.from({ length: stream.length - 1 }, (_, i) => i + 1))(
    'takes messages that are split after octet %i',
    async (at) => {
      const client = await tcp.open(await tcp.start(echo))
      client.write(stream.subarray(0, at))
      await turnOfTheLoop()
      client.write(stream.subarray(at))
      expect([await client.receive(), await client.receive()]).toEqual(messages)
    },
  )

  it('takes messages that come octet by octet', async () => {
    const client = await tcp.open(await tcp.start(echo))
    for (const octet of stream) {
      client.write(Buffer.from([octet]))
      await turnOfTheLoop()
    }
    expect([await client.receive(), await client.receive()]).toEqual(messages)
  })

  it('takes the largest message and gives the largest answer', async () => {
    const client = await tcp.open(await tcp.start(echo))
    const message = Buffer.alloc(65_535, 'x')
    client.send(message)
    expect(await client.receive()).toEqual(message)
  })

  it('closes a connection that sends a message of no length', async () => {
    const listener = await tcp.start(echo)
    const client = await tcp.open(listener)
    client.write(Buffer.from([0, 0]))
    await client.closed
    expect(listener.stats).toMatchObject({ received: 0, connections: 0, connectionErrors: 1 })
  })

  it('sends no answer that two octets cannot count, and goes on', async () => {
    const listener = await tcp.start((wire, _client, reply) => {
      reply(String(wire) === 'large' ? Buffer.alloc(65_536) : wire)
    })
    const client = await tcp.open(listener)
    client.send(Buffer.from('large'))
    await exchange(client, 'small')
    expect(listener.stats).toMatchObject({ sendErrors: 1, inFlight: 0, connections: 1 })
  })
})

describe('ends', () => {
  it('answers a client that sent its FIN right after its queries, then closes', async () => {
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle)
    const client = await tcp.open(listener)
    client.send(Buffer.from('one'))
    client.send(Buffer.from('two'))
    client.end()
    for (const { wire, reply } of await handler.until(2)) {
      await turnOfTheLoop()
      reply(wire)
      expect(await client.receive()).toEqual(wire)
    }
    await client.closed
    await expect.poll(() => listener.stats.connections).toBe(0)
    expect(listener.stats).toMatchObject({ answered: 2, connectionErrors: 0 })
  })

  it('answers all that came before a FIN, above the bound on messages in flight too', async () => {
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle, { inFlightMax: 1 })
    const client = await tcp.open(listener)
    client.write(Buffer.concat(['1', '2', '3'].map((text) => frameMessage(Buffer.from(text)))))
    client.end()
    for (let i = 0; i < 3; i++) {
      const held = (await handler.until(i + 1))[i]
      await turnOfTheLoop()
      held?.reply(held.wire)
      expect(String(await client.receive())).toBe(`${i + 1}`)
    }
    await client.closed
  })

  it('answers all that came before a FIN, when large answers make it wait for room', async () => {
    const held = new HeldHandler()
    const answer = Buffer.alloc(60_000, 'x')
    const listener = await tcp.start(
      (wire, from, reply) => {
        if (String(wire) === 'first') held.handle(wire, from, reply)
        else reply(answer)
      },
      { inFlightMax: 1 },
    )
    const client = await tcp.open(listener)
    client.send(Buffer.from('first'))
    const [first] = await held.until(1)
    // These and the FIN arrive together, while the first one keeps the connection from being read.
    client.write(Buffer.concat(Array.from({ length: 20 }, () => frameMessage(Buffer.from('next')))))
    client.end()
    await turnOfTheLoop()
    first?.reply(first.wire)
    expect(String(await client.receive())).toBe('first')
    for (let i = 0; i < 20; i++) expect((await client.receive())?.length).toBe(answer.length)
    await client.closed
  })

  it('closes when a FIN cuts a message off', async () => {
    const listener = await tcp.start(echo)
    const client = await tcp.open(listener)
    client.write(Buffer.from([0, 20, 1, 2, 3]))
    client.end()
    await client.closed
    await expect.poll(() => listener.stats.connections).toBe(0)
    expect(listener.stats.received).toBe(0)
  })

  it('counts a reset, and goes on', async () => {
    const listener = await tcp.start(echo)
    const client = await tcp.open(listener)
    await exchange(client, 'question')
    client.reset()
    await expect.poll(() => listener.stats.connections).toBe(0)
    expect(listener.stats.connectionErrors).toBe(1)
    await exchange(await tcp.open(listener), 'question')
  })

  it('accepts nothing while it drains, and closes idle connections at once', async () => {
    const handler = new HeldHandler()
    const listener = await tcp.start(handler.handle)
    const idle = await tcp.open(listener)
    const waiting = await tcp.open(listener)
    waiting.send(Buffer.from('question'))
    const [held] = await handler.until(1)
    await expect.poll(() => listener.stats.connections).toBe(2)
    const stopped = listener.stop()
    await idle.closed
    await expect(openTcpClient(listener.address())).rejects.toThrow('ECONNREFUSED')
    held?.reply(Buffer.from('answer'))
    expect(String(await waiting.receive())).toBe('answer')
    await stopped
  })

  it('does not wait for a client that never closes its side', async () => {
    const listener = await tcp.start(echo, { drainMs: 60_000 }, systemClock)
    const { address: host, port } = listener.address()
    const socket = connect({ host, port, allowHalfOpen: true })
    tcp.closeAfterwards(() => void socket.destroy())
    const finSeen = new Promise<void>((resolve) => {
      socket.on('end', () => resolve())
    })
    socket.on('error', () => undefined)
    socket.resume()
    await expect.poll(() => listener.stats.connections).toBe(1)
    await listener.stop()
    await finSeen
    expect(listener.stats).toMatchObject({ connections: 0, connectionsTimedOut: 0 })
  })
})
