import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { HeldHandler } from './held-handler.ts'
import type { Client, Listener, QueryHandler, Transport } from './listener.ts'
import { type TestClient, openClient } from './test-client.ts'

export interface ContractOptions {
  readonly listen: SocketAddress
  readonly handler: QueryHandler
  readonly drainMs: number
}

const LOOPBACK_4 = { address: '127.0.0.1', port: 0 }
const LOOPBACK_6 = { address: '::1', port: 0 }

/** What every listener does, whatever it is made of. */
export function describeListener(
  name: string,
  create: (options: ContractOptions) => Listener,
): void {
  const closing: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function startListener(
    handler: QueryHandler,
    { listen = LOOPBACK_4, drainMs = 10_000 }: { listen?: SocketAddress; drainMs?: number } = {},
  ): Promise<Listener> {
    const listener = create({ listen, handler, drainMs })
    await listener.start()
    closing.push(() => {
      listener.abort()
      return listener.stop()
    })
    return listener
  }

  async function open(listener: Listener): Promise<TestClient> {
    const client = await openClient(listener.transport, listener.address())
    closing.push(() => client.close())
    return client
  }

  describe(`${name} keeps the contract of a listener`, () => {
    describe.each([LOOPBACK_4, LOOPBACK_6])('on $address', (listen) => {
      it('hands over exactly the octets that came, with who sent them', async () => {
        const handler = new HeldHandler()
        const listener = await startListener(handler.handle, { listen })
        const client = await open(listener)
        const message = everyOctet(1200)
        client.send(message)
        const [held] = await handler.until(1)
        expect(held?.wire).toEqual(message)
        expect(held?.client).toEqual<Client>({
          transport: listener.transport,
          family: listen.address.includes(':') ? 6 : 4,
          address: listen.address,
          port: client.port,
        })
        held?.reply(undefined)
      })

      it('brings exactly the octets of the answer to the asker', async () => {
        const answer = everyOctet(1400)
        const listener = await startListener((_wire, _client, reply) => reply(answer), { listen })
        const client = await open(listener)
        client.send(Buffer.from('a question'))
        expect(await client.receive()).toEqual(everyOctet(1400))
        await expect.poll(() => listener.stats.answered).toBe(1)
        expect(listener.stats).toMatchObject({
          received: 1,
          inFlight: 0,
          dropped: 0,
          sendErrors: 0,
        })
      })
    })

    it('tells the port that the kernel chose, and the address that was asked for', async () => {
      const listener = await startListener(echo)
      expect(listener.address().address).toBe('127.0.0.1')
      expect(listener.address().port).toBeGreaterThan(0)
    })

    it('serves many clients at a time, each with its own answers', async () => {
      const listener = await startListener(echo)
      const clients = await Promise.all(Array.from({ length: 40 }, () => open(listener)))
      const rounds = 10
      for (let round = 0; round < rounds; round++) {
        for (const [i, client] of clients.entries()) client.send(Buffer.from(`${i}/${round}`))
        for (const [i, client] of clients.entries()) {
          expect(String(await client.receive())).toBe(`${i}/${round}`)
        }
      }
      await expect.poll(() => listener.stats.answered).toBe(clients.length * rounds)
      expect(listener.stats.received).toBe(clients.length * rounds)
    })

    it('sends answers in the order in which they are given', async () => {
      const handler = new HeldHandler()
      const client = await open(await startListener(handler.handle))
      for (const text of ['first', 'second', 'third']) client.send(Buffer.from(text))
      const held = [...(await handler.until(3))]
      for (const { wire, reply } of held.reverse()) reply(wire)
      const texts = [await client.receive(), await client.receive(), await client.receive()]
      expect(texts.map(String)).toEqual(['third', 'second', 'first'])
    })

    it('sends nothing for an undefined answer', async () => {
      const listener = await startListener((wire, _client, reply) => {
        reply(String(wire) === 'ignored' ? undefined : wire)
      })
      const client = await open(listener)
      client.send(Buffer.from('ignored'))
      client.send(Buffer.from('answered'))
      expect(String(await client.receive())).toBe('answered')
      await expect.poll(() => listener.stats.answered).toBe(1)
      expect(listener.stats).toMatchObject({ received: 2, inFlight: 0 })
    })

    it('takes a second reply to a message for none', async () => {
      const listener = await startListener((wire, _client, reply) => {
        reply(wire)
        reply(Buffer.from('again'))
      })
      const client = await open(listener)
      client.send(Buffer.from('one'))
      client.send(Buffer.from('two'))
      expect(String(await client.receive())).toBe('one')
      expect(String(await client.receive())).toBe('two')
      await expect.poll(() => listener.stats.answered).toBe(2)
      expect(listener.stats.inFlight).toBe(0)
    })

    it('counts a client that is gone before its answer, and goes on', async () => {
      const handler = new HeldHandler()
      const listener = await startListener(handler.handle)
      const gone = await open(listener)
      gone.send(Buffer.from('question'))
      const [first] = await handler.until(1)
      gone.close()
      await turnOfTheLoop()
      first?.reply(Buffer.from('too late'))
      await expect.poll(() => listener.stats.answered + listener.stats.sendErrors).toBe(1)
      expect(listener.stats.inFlight).toBe(0)
      const client = await open(listener)
      client.send(Buffer.from('next'))
      const [, second] = await handler.until(2)
      second?.reply(Buffer.from('still here'))
      expect(String(await client.receive())).toBe('still here')
    })

    it('answers what is in flight before it stops', async () => {
      const handler = new HeldHandler()
      const listener = await startListener(handler.handle)
      const client = await open(listener)
      client.send(Buffer.from('question'))
      const [held] = await handler.until(1)
      let hasStopped = false
      const stopped = (async () => {
        await listener.stop()
        hasStopped = true
      })()
      // What arrives from now on is not handed over, so nothing but the first can be answered.
      client.send(Buffer.from('too late'))
      await turnOfTheLoop()
      expect(hasStopped).toBe(false)
      held?.reply(Buffer.from('answer'))
      expect(String(await client.receive())).toBe('answer')
      await stopped
      expect(handler.held.length).toBe(1)
      expect(listener.stats).toMatchObject({
        received: 1,
        answered: 1,
        inFlight: 0,
        connections: 0,
      })
    })

    it('stops when the drain time is over, with answers outstanding', async () => {
      const handler = new HeldHandler()
      const listener = await startListener(handler.handle, { drainMs: 30 })
      const client = await open(listener)
      client.send(Buffer.from('question'))
      const [held] = await handler.until(1)
      await listener.stop()
      held?.reply(Buffer.from('too late'))
      expect(listener.stats).toMatchObject({ answered: 0, sendErrors: 1, inFlight: 0 })
    })

    it('ends a stop that waits when it is aborted', async () => {
      const handler = new HeldHandler()
      const listener = await startListener(handler.handle, { drainMs: 60_000 })
      const client = await open(listener)
      client.send(Buffer.from('question'))
      await handler.until(1)
      const stopped = listener.stop()
      await turnOfTheLoop()
      listener.abort()
      listener.abort()
      await stopped
      expect(listener.stats.connections).toBe(0)
    })

    it('hands over nothing more and frees its port once it has stopped', async () => {
      const handler = new HeldHandler()
      const listener = await startListener(handler.handle)
      const listen = listener.address()
      await listener.stop()
      const next = await startListener(echo, { listen })
      const client = await open(next)
      client.send(Buffer.from('question'))
      expect(String(await client.receive())).toBe('question')
      expect(handler.held).toEqual([])
    })

    it('fails to start on a taken port with the address and the reason', async () => {
      const taken = await takePort(
        create({ listen: LOOPBACK_4, handler: echo, drainMs: 0 }).transport,
      )
      closing.push(taken.close)
      const listen = { address: '127.0.0.1', port: taken.port }
      const listener = create({ listen, handler: echo, drainMs: 0 })
      await expect(listener.start()).rejects.toMatchObject({
        name: 'MeridianError',
        code: 'MERIDIAN_LISTEN_FAILED',
      })
      const again = create({ listen, handler: echo, drainMs: 0 })
      await expect(again.start()).rejects.toThrow(
        new RegExp(`${again.transport} 127\\.0\\.0\\.1:${taken.port}: .*EADDRINUSE`),
      )
      await again.stop()
    })
  })
}

const echo: QueryHandler = (wire, _client, reply) => reply(wire)

/** All values of an octet, again and again. */
function everyOctet(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => i % 256))
}

/** Lets everything happen that is ready to happen. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Takes a port on 127.0.0.1 by a socket that shares it with nobody. */
async function takePort(
  transport: Transport,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  if (transport === 'udp') {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve)
    })
    return {
      port: socket.address().port,
      close: () => new Promise((resolve) => void socket.close(resolve)),
    }
  }
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new TypeError('a bound server is wanted')
  return {
    port: bound.port,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
