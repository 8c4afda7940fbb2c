import { afterEach, describe, expect, it } from 'vitest'
import { PEER_BYTES, TRUNCATED_LENGTH, readCounters, readSender } from './batch-memory.ts'
import type { BatchSocket } from './batch-socket.ts'
import {
  type DatagramClient,
  type TestSocket,
  answer,
  batchSockets,
  openBatchSocket,
  openClient,
  textOf,
} from './client-fixture.ts'

const api = batchSockets()
const WAIT_MS = 5000
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function open(how?: TestSocket): BatchSocket {
  const socket = openBatchSocket(api, how)
  cleanups.push(() => socket.close())
  return socket
}

async function client(address?: string): Promise<DatagramClient> {
  const opened = await openClient(address)
  cleanups.push(() => opened.close())
  return opened
}

async function texts(from: DatagramClient, count: number): Promise<readonly string[]> {
  const received: string[] = []
  while (received.length < count) received.push((await from.receive())[0])
  return received
}

describe.each([
  ['IPv4', '127.0.0.1', '127.0.0.1'],
  ['IPv6', '::1', '::1'],
  ['IPv4 on the wildcard', '0.0.0.0', '127.0.0.1'],
  ['IPv6 on the wildcard', '::', '::1'],
])('%s', (_what, address, target) => {
  it('answers a batch, each datagram to its own sender', async () => {
    const socket = open({ address })
    const [one, two] = [await client(target), await client(target)]
    await one.send({ port: socket.port }, 'a', 'b')
    await two.send({ port: socket.port }, 'c')
    const n = socket.turn(0, WAIT_MS)
    expect([n, textOf(socket, 0), textOf(socket, 1), textOf(socket, 2)]).toEqual([3, 'a', 'b', 'c'])
    for (let i = 0; i < n; i++) answer(socket, i, `${textOf(socket, i)}!`)
    expect(socket.turn(n, 0)).toBe(0)
    expect(await texts(one, 2)).toEqual(['a!', 'b!'])
    expect(await two.receive()).toEqual(['c!', target])
    expect(readCounters(socket.memory)).toMatchObject({ received: 3, sent: 3, batches: 1 })
  })

  it('says who sent', async () => {
    const socket = open({ address })
    const one = await client(target)
    await one.send({ port: socket.port }, 'a', 'b')
    expect(socket.turn(0, WAIT_MS)).toBe(2)
    const family = target === '::1' ? 6 : 4
    expect(readSender(socket.memory.peers, PEER_BYTES, family)).toEqual({
      family,
      address: target,
      port: one.port,
    })
  })
})

it('a burst longer than a batch comes in several, none lost', async () => {
  const socket = open({ batch: 4 })
  const one = await client()
  const sent = Array.from({ length: 11 }, (_, i) => `q${i}`)
  await one.send({ port: socket.port }, ...sent)
  const sizes: number[] = []
  for (let n = socket.turn(0, WAIT_MS); n > 0; n = socket.turn(n, 0)) {
    sizes.push(n)
    for (let i = 0; i < n; i++) answer(socket, i, textOf(socket, i))
  }
  expect(sizes).toEqual([4, 4, 3])
  expect(await texts(one, 11)).toEqual(sent)
})

it('only slots with a length are answered, and each once', async () => {
  const socket = open()
  const one = await client()
  await one.send({ port: socket.port }, 'a', 'b', 'c', 'd')
  expect(socket.turn(0, WAIT_MS)).toBe(4)
  answer(socket, 1, 'B')
  answer(socket, 3, 'D')
  expect(socket.turn(4, 0)).toBe(0)
  expect(await texts(one, 2)).toEqual(['B', 'D'])
  await one.send({ port: socket.port }, 'e', 'f', 'g', 'h')
  expect(socket.turn(0, WAIT_MS)).toBe(4)
  answer(socket, 0, 'E')
  expect(socket.turn(4, 0)).toBe(0)
  expect(await texts(one, 1)).toEqual(['E'])
  expect([one.waiting, readCounters(socket.memory).sent]).toEqual([0, 3])
})

it('a wait ends at its timeout, and counts', () => {
  const socket = open()
  expect(socket.turn(0, 0)).toBe(0)
  expect(socket.turn(0, 20)).toBe(0)
  expect(readCounters(socket.memory)).toMatchObject({ polls: 2, batches: 0, received: 0 })
})

it('a wake that comes before the wait ends it, once', () => {
  const socket = open()
  expect([api.wake(socket.handle), api.wake(socket.handle)]).toEqual([true, true])
  // The test would run into its own time limit.
  expect(socket.turn(0, 60_000)).toBe(0)
  expect(socket.turn(0, 1)).toBe(0)
  expect(readCounters(socket.memory).polls).toBe(2)
})

it('an empty datagram is one of length 0', async () => {
  const socket = open()
  const one = await client()
  await one.send({ port: socket.port }, '', 'a')
  expect(socket.turn(0, WAIT_MS)).toBe(2)
  expect([socket.memory.lengths[0], textOf(socket, 1)]).toEqual([0, 'a'])
  answer(socket, 0, 'empty')
  socket.turn(2, 0)
  expect(await texts(one, 1)).toEqual(['empty'])
})

it('a datagram as long as a slot is whole; a longer one is told, and can be answered', async () => {
  const socket = open({ slotBytes: 100 })
  const one = await client()
  await one.send({ port: socket.port }, 'x'.repeat(100), 'y'.repeat(101), 'z')
  expect(socket.turn(0, WAIT_MS)).toBe(3)
  expect(socket.memory.lengths.slice(0, 3)).toEqual(Uint32Array.of(100, TRUNCATED_LENGTH, 1))
  expect([textOf(socket, 0), textOf(socket, 2)]).toEqual(['x'.repeat(100), 'z'])
  answer(socket, 1, 'too long')
  socket.turn(3, 0)
  expect(await texts(one, 1)).toEqual(['too long'])
  expect(readCounters(socket.memory)).toMatchObject({ received: 3, truncated: 1 })
})

it('an answer longer than a slot is not sent and counted; the others are', async () => {
  const socket = open({ slotBytes: 100 })
  const one = await client()
  await one.send({ port: socket.port }, 'a', 'b')
  expect(socket.turn(0, WAIT_MS)).toBe(2)
  socket.memory.lengths[socket.memory.batch] = 101
  answer(socket, 1, 'B')
  socket.turn(2, 0)
  expect(await texts(one, 1)).toEqual(['B'])
  expect(readCounters(socket.memory)).toMatchObject({ sent: 1, sendErrors: 1 })
})

it('on the wildcard an answer leaves from the address that was asked', async () => {
  const socket = open({ address: '0.0.0.0' })
  const one = await client()
  const { port } = socket
  await one.send({ port, address: '127.0.0.2' }, '2')
  await one.send({ port, address: '127.0.0.3' }, '3')
  expect(socket.turn(0, WAIT_MS)).toBe(2)
  answer(socket, 0, 'two')
  answer(socket, 1, 'three')
  const { peers } = socket.memory
  // From copies, as a miss is answered, and after the slots have moved on.
  const copies = peers.slice(0, 2 * PEER_BYTES)
  socket.turn(2, 0)
  expect(api.sendTo(socket.handle, Buffer.from('late'), 4, copies, PEER_BYTES)).toBe('sent')
  expect([await one.receive(), await one.receive(), await one.receive()]).toEqual([
    ['two', '127.0.0.2'],
    ['three', '127.0.0.3'],
    ['late', '127.0.0.3'],
  ])
})

it('a client that is gone costs nobody else an answer', async () => {
  const socket = open()
  const [gone, one] = [await openClient(), await client()]
  await gone.send({ port: socket.port }, 'a')
  await one.send({ port: socket.port }, 'b')
  expect(socket.turn(0, WAIT_MS)).toBe(2)
  await gone.close()
  answer(socket, 0, 'A')
  answer(socket, 1, 'B')
  expect(socket.turn(2, 0)).toBe(0)
  expect(await texts(one, 1)).toEqual(['B'])
  await one.send({ port: socket.port }, 'c')
  expect([socket.turn(0, WAIT_MS), textOf(socket, 0)]).toEqual([1, 'c'])
})

it('a sender that cannot be answered is counted and skipped', async () => {
  const socket = open()
  const one = await client()
  await one.send({ port: socket.port }, 'a', 'b', 'c')
  expect(socket.turn(0, WAIT_MS)).toBe(3)
  for (const i of [0, 1, 2]) answer(socket, i, 'x')
  // Port 0, as a forged source has it; then an address of another family.
  socket.memory.peers.fill(0, 2, 4)
  socket.memory.peers.fill(0xff, PEER_BYTES, PEER_BYTES + 2)
  socket.turn(3, 0)
  expect(await texts(one, 1)).toEqual(['x'])
  expect(readCounters(socket.memory)).toMatchObject({ sent: 1, sendErrors: 2, sendDropped: 0 })
})

it('sockets with reusePort on one port share the traffic', async () => {
  const first = open({ reusePort: true, batch: 64 })
  const second = open({ reusePort: true, batch: 64, port: first.port })
  const clients = await Promise.all(Array.from({ length: 64 }, async () => client()))
  for (const one of clients) await one.send({ port: first.port }, 'a')
  const [one, two] = [first.turn(0, WAIT_MS), second.turn(0, WAIT_MS)]
  expect(Math.min(one, two)).toBeGreaterThan(0)
  expect(one + two).toBe(64)
})

it('a socket closed in mid-batch takes no more traffic of its port, and can be closed again', async () => {
  const first = open({ reusePort: true, batch: 64 })
  const second = open({ reusePort: true, batch: 64, port: first.port })
  const clients = await Promise.all(Array.from({ length: 32 }, async () => client()))
  for (const one of clients) await one.send({ port: first.port }, 'a')
  const lost = first.turn(0, WAIT_MS)
  answer(first, 0, 'never')
  first.close()
  first.close()
  const left = second.turn(0, WAIT_MS)
  expect(lost + left).toBe(32)
  for (const one of clients) await one.send({ port: second.port }, 'b')
  expect(second.turn(0, WAIT_MS)).toBe(32)
  expect(() => first.turn(1, 0)).toThrow(`handle: ${first.handle} is not an open socket`)
})

it('a closed handle is nobody, also when the next socket has its descriptor', async () => {
  const old = open()
  const one = await client()
  await one.send({ port: old.port }, 'a')
  expect(old.turn(0, WAIT_MS)).toBe(1)
  old.close()
  const next = open()
  const sent = api.sendTo(old.handle, Buffer.from('x'), 1, old.memory.peers, 0)
  expect([sent, api.wake(old.handle), next.handle === old.handle]).toEqual(['closed', false, false])
  expect(one.waiting).toBe(0)
})

it('what the kernel drops for want of room is counted', async () => {
  const socket = open({ receiveBufferBytes: 4096, batch: 64 })
  const one = await client()
  await one.send({ port: socket.port }, ...Array.from({ length: 60 }, () => 'x'.repeat(500)))
  let received = 0
  for (let n = socket.turn(0, WAIT_MS); n > 0; n = socket.turn(0, 0)) received += n
  expect(received).toBeLessThan(60)
  expect(readCounters(socket.memory)).toMatchObject({ received, kernelDrops: 60 - received })
})
