import { EventEmitter, on, once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { batchSockets, loadAddon, openBatchSocket, openClient } from './client-fixture.ts'

const api = batchSockets()
const opened = z.object({ handle: z.number(), port: z.number() })
const missed = z.object({ peer: z.instanceof(Uint8Array) })
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function start() {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('./thread-fixture.ts', import.meta.url), { workerData: shared })
  const messages = on(worker, 'message', { signal: AbortSignal.timeout(10_000) })
  const next = async (): Promise<unknown> => {
    const { value }: { value?: unknown } = await messages.next()
    return Array.isArray(value) ? value[0] : undefined
  }
  const { handle, port } = opened.parse(await next())
  // In the turn, or before it: a wake is not lost then either.
  const terminate = async (): Promise<void> => {
    const ended = worker.terminate()
    api.wake(handle)
    await ended
  }
  cleanups.push(terminate)
  return { shared, handle, port, next, terminate }
}

async function client() {
  const one = await openClient()
  cleanups.push(() => one.close())
  return one
}

/** Resolves when the thread has begun its n-th turn. */
async function turns(shared: Int32Array, n: number): Promise<void> {
  const ticks = new EventEmitter()
  const deadline = AbortSignal.timeout(5000)
  while (Atomics.load(shared, 1) < n) {
    setImmediate(() => ticks.emit('tick'))
    await once(ticks, 'tick', { signal: deadline })
  }
}

it('a thread that waits for a minute stops when it is woken', async () => {
  const { shared, handle, next } = await start()
  await turns(shared, 1)
  Atomics.store(shared, 0, 1)
  expect(api.wake(handle)).toBe(true)
  expect(await next()).toBe('closed')
  expect(api.wake(handle)).toBe(false)
})

it('a wake without a reason lets it go on', async () => {
  const { shared, handle, port } = await start()
  await turns(shared, 1)
  api.wake(handle)
  await turns(shared, 2)
  const one = await client()
  await one.send({ port }, 'a')
  expect(await one.receive()).toEqual(['a!', '127.0.0.1'])
})

it('a miss is answered by this thread while that one waits in its turn', async () => {
  const { port, handle, next, shared } = await start()
  const one = await client()
  await one.send({ port, address: '127.0.0.2' }, 'miss')
  const { peer } = missed.parse(await next())
  await turns(shared, 2)
  expect(api.sendTo(handle, Buffer.from('found it'), 5, peer, 0)).toBe('sent')
  expect(await one.receive()).toEqual(['found', '127.0.0.2'])
  await one.send({ port }, 'a')
  expect(await one.receive()).toEqual(['a!', '127.0.0.1'])
})

it('answers to misses race with the close of the socket, and end as closed', async () => {
  const { port, handle, next, shared } = await start()
  const one = await client()
  await one.send({ port }, 'miss')
  const { peer } = missed.parse(await next())
  const wire = Buffer.from('x')
  Atomics.store(shared, 0, 1)
  api.wake(handle)
  const results = new Set<string>()
  const deadline = performance.now() + 5000
  // Without leaving this turn of the event loop, so the two threads do run at the same time.
  while (!results.has('closed') && performance.now() < deadline) {
    results.add(api.sendTo(handle, wire, 1, peer, 0))
  }
  expect(results.has('closed')).toBe(true)
  expect(results.has('refused')).toBe(false)
  expect(await next()).toBe('closed')
})

it('a thread that is terminated takes its socket with it', async () => {
  const { shared, handle, port, terminate } = await start()
  await turns(shared, 1)
  await terminate()
  expect(api.wake(handle)).toBe(false)
  expect(api.sendTo(handle, Buffer.from('x'), 1, new Uint8Array(64), 0)).toBe('closed')
  // The port is free: nobody shares it without reusePort.
  openBatchSocket(api, { address: '0.0.0.0', port }).close()
})

it('the handle of another thread can neither be turned nor closed', async () => {
  const { handle } = await start()
  const addon = loadAddon()
  expect(() => addon.turn(handle, 0, 0)).toThrow('is not an open socket of this thread')
  expect(() => addon.close(handle)).toThrow('is not an open socket of this thread')
  expect(api.wake(handle)).toBe(true)
})
