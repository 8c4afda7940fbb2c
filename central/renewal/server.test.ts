import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatSocketAddress, parseSocketAddress } from '../../shared/config/socket-address.ts'
import { readCounters } from '../../shared/native/batch-memory.ts'
import type { BatchSocket, BatchSocketsLoaded } from '../../shared/native/batch-socket.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import { vm1 } from '../model/machines.fixture.ts'
import type { DatagramClient } from './renewal.fixture.ts'
import { MACHINE_ADDRESS, TestKey, TestRenewals, openDatagramClient } from './renewal.fixture.ts'
import type { RenewalServerOptions } from './server.ts'
import { RenewalServer } from './server.ts'

const kinds: readonly (readonly [string, BatchSocketsLoaded])[] = [
  ['the addon', loadBatchSockets()],
  ['node:dgram', { ok: false, reason: 'for this test' }],
]

type Options = Partial<Omit<RenewalServerOptions, 'listen'>> & { readonly listen?: string }

async function create(options: Options = {}): Promise<TestRenewals & { server: RenewalServer }> {
  const mesh = await new TestRenewals().begin()
  const parsed = parseSocketAddress(options.listen ?? '127.0.0.1:0')
  if (!parsed.ok) throw new TypeError(parsed.reason)
  const server = new RenewalServer({
    keys: mesh.keys,
    answer: mesh.answerer.answer,
    logger: mesh.logger,
    ...options,
    listen: parsed.value,
  })
  return Object.assign(mesh, { server })
}

async function start(options: Options = {}): ReturnType<typeof create> {
  const mesh = await create(options)
  await mesh.server.start()
  onTestFinished(() => mesh.server.stop())
  return mesh
}

function issue(server: RenewalServer, as: { version: number; address?: string }): TestKey {
  const key = server.issue(vm1, as)
  if (key === undefined) throw new TypeError('no key')
  return new TestKey(key)
}

async function clientOf(
  server: RenewalServer,
  address?: '127.0.0.1' | '::1',
): Promise<DatagramClient> {
  const client = await openDatagramClient(server.address().port, address)
  onTestFinished(() => client.close())
  return client
}

it('the addon is there to be tested', () => {
  expect(kinds[0]?.[1]).toMatchObject({ ok: true })
})

describe.each(kinds)('over %s', (_kind, sockets) => {
  it('a machine renews', async () => {
    const { server, machines, answerer } = await start({ sockets })
    const key = issue(server, { version: 2 })
    const client = await clientOf(server)
    for (const sequence of [1, 2, 3]) {
      await client.send(key.renewal(sequence, 50))
      const answer = key.read(await client.receive())
      expect(answer).toEqual({ handle: key.handle, sequence, result: 'renewed' })
    }
    expect(machines.keeper.stats.renewals).toBe(3)
    expect(answerer.counts.renewed).toBe(3)
  })

  it('many at once are all answered', async () => {
    const { server, answerer } = await start({ sockets })
    const key = issue(server, { version: 2 })
    const client = await clientOf(server)
    await client.send(...Array.from({ length: 600 }, (_, i) => key.renewal(i)))
    // As many as a socket of the client's size holds for sure.
    for (let i = 0; i < 200; i++) expect(key.read(await client.receive())?.sequence).toBe(i)
    await expect.poll(() => answerer.counts.renewed).toBe(600)
  })

  it.each([
    ['renewed', { version: 2 }],
    ['register', { version: 2, address: MACHINE_ADDRESS }],
  ] as const)(
    'from another address than the machine has: %s by a key for %j',
    async (result, as) => {
      const { server } = await start({ sockets })
      const key = issue(server, as)
      const client = await clientOf(server)
      await client.send(key.renewal(1))
      expect(key.read(await client.receive())?.result).toBe(result)
    },
  )

  it.each([
    ['[::1]:0', '::1'],
    ['[::]:0', '::1'],
    // As the sockets of HTTP.
    ['[::]:0', '127.0.0.1'],
    ['0.0.0.0:0', '127.0.0.1'],
  ] as const)('%s is reached at %s', async (listen, address) => {
    const { server, machines } = await start({ sockets, listen })
    expect(formatSocketAddress({ ...server.address(), port: 0 })).toBe(listen)
    await machines.register({ ...vm1, addresses: [address], leaseSeconds: 30 })
    const key = issue(server, { version: 4, address })
    const client = await clientOf(server, address)
    await client.send(key.renewal(1))
    expect(key.read(await client.receive())?.result).toBe('renewed')
  })

  it('what is not genuine is not answered, and a flood of it does no harm', async () => {
    const { server, answerer } = await start({ sockets })
    const key = issue(server, { version: 2 })
    const [flood, client] = [await clientOf(server), await clientOf(server)]
    const garbage = [
      Buffer.alloc(0),
      Buffer.from('MRN1'),
      Buffer.alloc(36, 0xff),
      Buffer.alloc(64),
      Buffer.alloc(65),
      Buffer.alloc(1_400),
      key.renewal(1).fill(0, 4, 12),
      key.renewal(2).fill(0, 20),
    ]
    for (let i = 0; i < 400; i++) await flood.send(...garbage)
    let sequence = 2
    // Some of it may have been dropped by the kernel, the genuine one with it.
    await expect
      .poll(
        async () => {
          await client.send(key.renewal(++sequence))
          return answerer.counts.renewed
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0)
    expect(key.read(await client.receive())?.result).toBe('renewed')
    const { malformed, unknown, forged, register, failed } = answerer.counts
    expect([malformed > 0, unknown > 0, forged > 0, register, failed]).toEqual([
      true,
      true,
      true,
      0,
      0,
    ])
  })

  it('a port that is taken is an error that says which', async () => {
    const other = createSocket('udp4')
    onTestFinished(() => void other.close())
    other.bind(0, '127.0.0.1')
    await once(other, 'listening')
    const listen = `127.0.0.1:${other.address().port}`
    const { server } = await create({ sockets, listen })
    const starting = server.start()
    await expect(starting).rejects.toMatchObject({ code: 'MERIDIAN_LISTEN_FAILED' })
    await expect(starting).rejects.toThrow(
      `machines.datagrams.listen: UDP ${listen} cannot be listened on: `,
    )
    await expect(starting).rejects.toThrow('EADDRINUSE')
    expect(server.issue(vm1, { version: 2 })).toBe(undefined)
  })

  it('when it has stopped the port is free, and there are no keys', async () => {
    const { server } = await start({ sockets })
    issue(server, { version: 2 })
    const { port } = server.address()
    await server.stop()
    const other = createSocket('udp4')
    onTestFinished(() => void other.close())
    other.bind(port, '127.0.0.1')
    await once(other, 'listening')
    expect(server.issue(vm1, { version: 2 })).toBe(undefined)
    expect(() => server.address()).toThrow(TypeError)
    await server.stop()
  })
})

describe('a socket of the addon', () => {
  /** The addon, and the sockets that are opened by it. */
  function spied(): { readonly opened: BatchSocket[]; readonly sockets: BatchSocketsLoaded } {
    const loaded = loadBatchSockets()
    if (!loaded.ok) throw new TypeError(loaded.reason)
    const opened: BatchSocket[] = []
    const api = {
      ...loaded.api,
      open: (options: Parameters<typeof loaded.api.open>[0]) => {
        const socket = loaded.api.open(options)
        opened.push(socket)
        return socket
      },
    }
    return { opened, sockets: { ok: true, api } }
  }

  it('is polled only while there are keys', async () => {
    const { opened, sockets } = spied()
    const { server, keys } = await start({ sockets })
    const counters = (): ReturnType<typeof readCounters> => {
      const [socket] = opened
      if (socket === undefined) throw new TypeError('no socket')
      return readCounters(socket.memory)
    }
    const key = issue(server, { version: 2 })
    await expect.poll(() => counters().polls).toBeGreaterThan(0)
    keys.forget(key.handle)
    let before = -1
    const isStill = (): boolean => before === (before = counters().polls)
    await expect.poll(isStill, { interval: 50 }).toBe(true)
    // What comes for nobody is left where it is, and taken when there is a key again.
    const client = await clientOf(server)
    await client.send(Buffer.from('hello'))
    expect(counters()).toMatchObject({ polls: before, received: 0 })
    const again = issue(server, { version: 2 })
    await client.send(again.renewal(1))
    expect(again.read(await client.receive())?.result).toBe('renewed')
    expect(counters().received).toBe(2)
  })

  it('that will never work again is closed, said once, and gives no more keys', async () => {
    const { opened, sockets } = spied()
    const lines: unknown[] = []
    const stream = new Writable({
      write: (line: Buffer, _encoding, done) => {
        lines.push(JSON.parse(line.toString()))
        done()
      },
    })
    const { server } = await start({ sockets, logger: pino(stream) })
    const key = issue(server, { version: 2 })
    const client = await clientOf(server)
    opened[0]?.close()
    await expect.poll(() => lines).toMatchObject([{ msg: 'renewals by datagram have ended' }])
    expect(server.issue(vm1, { version: 2 })).toBe(undefined)
    // The machine hears of it at once.
    await expect(
      (async () => {
        await client.send(key.renewal(1))
        await client.receive()
      })(),
    ).rejects.toThrow('ECONNREFUSED')
    expect(lines).toHaveLength(1)
  })
})
