import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionBudget } from './connection-budget.ts'
import { HeldHandler } from './held-handler.ts'
import type { Listener, QueryHandler } from './listener.ts'
import { Listeners, createListeners } from './listeners.ts'
import { listenOptionsSchema } from './options.ts'
import { TcpListener } from './tcp.ts'
import { openClient, openTcpClient } from './test-client.ts'
import { UdpListener } from './udp.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const echo: QueryHandler = (wire, _client, reply) => reply(wire)

function create(addresses: readonly string[], handler: QueryHandler = echo, more: object = {}) {
  const listeners = createListeners(listenOptionsSchema.parse({ addresses, ...more }), handler)
  closing.push(() => {
    listeners.abort()
    return listeners.stop()
  })
  return listeners
}

async function takeTcpPort(port: number): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  closing.push(() => new Promise((resolve) => void server.close(() => resolve())))
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? 0 : bound.port
}

describe('the listeners of an edge', () => {
  it('serve UDP and TCP on the same port of each address', async () => {
    const listeners = create(['127.0.0.1:0', '[::1]:0'])
    await listeners.start()
    expect(listeners.all.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'udp', 'tcp'])
    const addresses = listeners.all.map((listener) => listener.address())
    expect(addresses[1]).toEqual(addresses[0])
    expect(addresses[3]).toEqual(addresses[2])
    for (const listener of listeners.all) {
      const client = await openClient(listener.transport, listener.address())
      closing.push(() => client.close())
      client.send(Buffer.from('question'))
      expect(String(await client.receive())).toBe('question')
    }
  })

  it('start all or none', async () => {
    const port = await takeTcpPort(0)
    const listeners = create(['127.0.0.1:0', `127.0.0.1:${port}`])
    await expect(listeners.start()).rejects.toMatchObject({ code: 'MERIDIAN_LISTEN_FAILED' })
    const [, tcp] = listeners.all
    expect(tcp?.transport).toBe('tcp')
    const where = tcp?.address() ?? { address: '127.0.0.1', port }
    await expect(openTcpClient(where)).rejects.toThrow('ECONNREFUSED')
    // The UDP side of the taken port was given back.
    const listen = { address: '127.0.0.1', port }
    const udp = new UdpListener({ listen, inFlightMax: 1, drainMs: 0 }, echo)
    await udp.start()
    await udp.stop()
  })

  it('take another port when port 0 gives one that TCP cannot have', async () => {
    const given: number[] = []
    const listeners = new Listeners([{ address: '127.0.0.1', port: 0 }], {
      udp: (listen) => {
        const udp = new UdpListener({ listen, inFlightMax: 10, drainMs: 0 }, echo)
        // Twice somebody else is quicker on the TCP side of the port.
        return startedWith(udp, async () => {
          given.push(udp.address().port)
          // Where this fails, somebody else really is.
          if (given.length <= 2) await takeTcpPort(udp.address().port).catch(() => undefined)
        })
      },
      tcp: (listen) => {
        const budget = new ConnectionBudget(10, 10)
        const options = { listen, idleTimeoutMs: 1000, inFlightMax: 10, drainMs: 0, budget }
        return new TcpListener(options, echo)
      },
    })
    await listeners.start()
    closing.push(() => listeners.stop())
    expect(given.length).toBeGreaterThanOrEqual(3)
    const last = given.at(-1)
    expect(listeners.all.map((listener) => listener.address().port)).toEqual([last, last])
  })

  it('drain together, and end at once when aborted', async () => {
    const handler = new HeldHandler()
    const listeners = create(['127.0.0.1:0'], handler.handle, { drainMs: 60_000 })
    await listeners.start()
    for (const listener of listeners.all) {
      const client = await openClient(listener.transport, listener.address())
      closing.push(() => client.close())
      client.send(Buffer.from('question'))
    }
    await handler.until(2)
    const stopped = listeners.stop()
    listeners.abort()
    await stopped
    expect(listeners.all.map(({ stats }) => stats.answered)).toEqual([0, 0])
  })

  it('share one bound on connections', async () => {
    const listeners = create(['127.0.0.1:0', '[::1]:0'], echo, { tcpConnectionsMax: 1 })
    await listeners.start()
    const [, ipv4, , ipv6] = listeners.all
    if (ipv4 === undefined || ipv6 === undefined) throw new TypeError('four listeners are wanted')
    const first = await openTcpClient(ipv4.address())
    closing.push(() => first.close())
    first.send(Buffer.from('question'))
    expect(String(await first.receive())).toBe('question')
    await (
      await openTcpClient(ipv6.address())
    ).closed
    expect(ipv6.stats.connectionsRefused).toBe(1)
  })
})

/** The same listener, with something that happens right after it has started. */
function startedWith(listener: Listener, then: () => Promise<void>): Listener {
  return {
    transport: listener.transport,
    stats: listener.stats,
    address: () => listener.address(),
    start: async () => {
      await listener.start()
      await then()
    },
    stop: () => listener.stop(),
    abort: () => listener.abort(),
  }
}
