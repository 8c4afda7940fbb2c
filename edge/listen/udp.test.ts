import { afterEach, describe, expect, it } from 'vitest'
import { HeldHandler } from './held-handler.ts'
import { describeListener } from './listener.contract.ts'
import type { AtOnce, QueryHandler } from './listener.ts'
import { openUdpClient } from './test-client.ts'
import { UdpListener } from './udp.ts'

describeListener(
  'udp over node:dgram',
  ({ listen, handler, drainMs }) =>
    new UdpListener({ listen, inFlightMax: 1000, drainMs }, handler),
)

interface StartOptions {
  readonly address?: string
  readonly port?: number
  readonly atOnce?: AtOnce
}

describe('a UDP listener', () => {
  const closing: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function start(
    handler: QueryHandler,
    inFlightMax: number,
    { address = '127.0.0.1', port = 0, atOnce }: StartOptions = {},
  ) {
    const options = { listen: { address, port }, inFlightMax, drainMs: 0 }
    const listener = new UdpListener(options, handler, atOnce)
    await listener.start()
    closing.push(() => listener.stop())
    return listener
  }

  async function open(target: { readonly address: string; readonly port: number }) {
    const client = await openUdpClient(target)
    closing.push(() => client.close())
    return client
  }

  it('drops what comes above the bound on messages in flight, and counts it', async () => {
    const handler = new HeldHandler()
    const listener = await start(handler.handle, 2)
    const client = await open(listener.address())
    for (const text of ['1', '2', '3', '4', '5']) client.send(Buffer.from(text))
    await expect.poll(() => listener.stats.dropped).toBe(3)
    expect(handler.held.map(({ wire }) => String(wire))).toEqual(['1', '2'])
    for (const { wire, reply } of handler.held) reply(wire)
    await expect.poll(() => listener.stats.inFlight).toBe(0)
    client.send(Buffer.from('6'))
    const [, , sixth] = await handler.until(3)
    expect(String(sixth?.wire)).toBe('6')
    expect(listener.stats).toMatchObject({ received: 3, answered: 2, dropped: 3 })
    sixth?.reply(undefined)
  })

  it('counts an answer that no datagram can carry, and goes on', async () => {
    const listener = await start((wire, _client, reply) => {
      reply(String(wire) === 'large' ? Buffer.alloc(70_000) : wire)
    }, 10)
    const client = await open(listener.address())
    client.send(Buffer.from('large'))
    client.send(Buffer.from('small'))
    expect(String(await client.receive())).toBe('small')
    await expect.poll(() => listener.stats.answered).toBe(1)
    expect(listener.stats).toMatchObject({ sendErrors: 1, socketErrors: 0, inFlight: 0 })
  })

  it('answers at once where it can, and hands over the rest', async () => {
    const handler = new HeldHandler()
    const families: number[] = []
    const atOnce: AtOnce = (wire, family) => {
      families.push(family)
      const text = String(wire)
      if (text === 'ignore me') return null
      return text === 'later' ? undefined : Buffer.from(`${text}!`)
    }
    const listener = await start(handler.handle, 10, { address: '::1', atOnce })
    const client = await open(listener.address())
    // More than are sent for each that is heard of.
    for (let i = 0; i < 200; i++) {
      client.send(Buffer.from(`now ${i}`))
      expect(String(await client.receive())).toBe(`now ${i}!`)
    }
    for (const text of ['ignore me', 'later']) client.send(Buffer.from(text))
    const [held] = await handler.until(1)
    expect(String(held?.wire)).toBe('later')
    held?.reply(Buffer.from('done'))
    expect(String(await client.receive())).toBe('done')
    await expect.poll(() => listener.stats.answered).toBe(201)
    expect(listener.stats).toMatchObject({ received: 202, sendErrors: 0, inFlight: 0 })
    expect(new Set(families)).toEqual(new Set([6]))
  })

  it('hears of every answer after one that failed, until many were good', async () => {
    const atOnce: AtOnce = (wire) => (String(wire) === 'large' ? Buffer.alloc(70_000) : wire)
    const listener = await start(new HeldHandler().handle, 10, { atOnce })
    const client = await open(listener.address())
    // The first is heard of.
    for (let i = 0; i < 100; i++) client.send(Buffer.from('large'))
    client.send(Buffer.from('small'))
    expect(String(await client.receive())).toBe('small')
    await expect.poll(() => listener.stats.sendErrors).toBe(100)
    expect(listener.stats).toMatchObject({ received: 101, answered: 1, inFlight: 0 })
  })

  it('hands over an empty datagram', async () => {
    const handler = new HeldHandler()
    const client = await open((await start(handler.handle, 10)).address())
    client.send(Buffer.alloc(0))
    const [held] = await handler.until(1)
    expect(held?.wire.length).toBe(0)
    held?.reply(undefined)
  })

  it('shares a port between 0.0.0.0 and ::, each with clients of its own family', async () => {
    const handler: QueryHandler = (_wire, { family, address }, reply) => {
      reply(Buffer.from(`${family} ${address}`))
    }
    const ipv4 = await start(handler, 10, { address: '0.0.0.0' })
    const { port } = ipv4.address()
    const ipv6 = await start(handler, 10, { address: '::', port })
    for (const [address, expected] of [
      ['127.0.0.1', '4 127.0.0.1'],
      ['::1', '6 ::1'],
    ] as const) {
      const client = await open({ address, port })
      client.send(Buffer.from('who am I'))
      expect(String(await client.receive())).toBe(expected)
    }
    expect([ipv4.stats.received, ipv6.stats.received]).toEqual([1, 1])
  })

  it('opens nothing when it is aborted before it has started', async () => {
    const handler: QueryHandler = (wire, _client, reply) => reply(wire)
    const listen = { address: '127.0.0.1', port: 0 }
    const listener = new UdpListener({ listen, inFlightMax: 1, drainMs: 0 }, handler)
    const starting = listener.start()
    listener.abort()
    await starting
    await listener.stop()
    expect(listener.address()).toEqual(listen)
  })
})
