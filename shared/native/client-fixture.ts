import { createRequire } from 'node:module'
import { once } from 'node:events'
import { type RemoteInfo, createSocket } from 'node:dgram'
import { z } from 'zod'
import { createBatchMemory } from './batch-memory.ts'
import { builtFile } from './addon.ts'
import { type BatchSocket, type BatchSockets, loadBatchSockets } from './batch-socket.ts'

/** The file that sanitize.mjs names; undefined: the one that is built by the install. */
const file = process.env['MERIDIAN_TEST_BATCH_ADDON']

/** The addon under test. */
export function batchSockets(): BatchSockets {
  const loaded = loadBatchSockets(file)
  if (loaded.ok) return loaded.api
  throw new Error(
    `no batch sockets: ${loaded.reason}; build them with "node shared/native/build.mjs" (Linux, a C compiler)`,
  )
}

const anything = z.custom<(...args: unknown[]) => unknown>((value) => typeof value === 'function')

/** The functions of the addon as it exports them, for arguments that no type lets through. */
export function loadAddon() {
  const addon: unknown = createRequire(import.meta.url)(file ?? builtFile)
  return z
    .object({ open: anything, turn: anything, wake: anything, sendTo: anything, close: anything })
    .parse(addon)
}

/** The least that a test says about a socket; the rest is the same for all. */
export interface TestSocket {
  readonly address?: string
  readonly port?: number
  readonly reusePort?: boolean
  readonly receiveBufferBytes?: number
  readonly batch?: number
  readonly slotBytes?: number
}

/** Opens a batch socket for this thread. */
export function openBatchSocket(api: BatchSockets, how: TestSocket = {}): BatchSocket {
  return api.open({
    address: how.address ?? '127.0.0.1',
    port: how.port ?? 0,
    reusePort: how.reusePort ?? false,
    receiveBufferBytes: how.receiveBufferBytes ?? 0,
    sendBufferBytes: 0,
    memory: createBatchMemory(how.batch ?? 8, how.slotBytes ?? 512),
  })
}

/** Answers datagram i of the last batch with `text`, in its slot. */
export function answer(socket: BatchSocket, i: number, text: string): void {
  const { slots, lengths, slotBytes, batch } = socket.memory
  const octets = Buffer.from(text)
  slots.set(octets, i * slotBytes)
  lengths[batch + i] = octets.length
}

/** The text of datagram i of the last batch. */
export function textOf(socket: BatchSocket, i: number): string {
  const { slots, lengths, slotBytes } = socket.memory
  return Buffer.from(slots.slice(i * slotBytes, i * slotBytes + (lengths[i] ?? 0))).toString()
}

/** A UDP client. Over loopback a datagram is in the other's queue when `send` resolves. */
export interface DatagramClient {
  readonly port: number
  send(to: { readonly port: number; readonly address?: string }, ...texts: string[]): Promise<void>
  /** Resolves with what comes next and its source; rejects after 5 s. */
  receive(): Promise<readonly [text: string, source: string]>
  /** What came and was not taken, now. */
  readonly waiting: number
  close(): Promise<void>
}

/** Opens a client on a loopback address. */
export async function openClient(address = '127.0.0.1'): Promise<DatagramClient> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const queue: (readonly [string, string])[] = []
  socket.on('message', (message: Buffer, from: RemoteInfo) => {
    queue.push([message.toString(), from.address])
    socket.emit('queued')
  })
  socket.bind(0, address)
  await once(socket, 'listening')
  const send = async (text: string, port: number, to: string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(text, port, to, (err) => (err === null ? resolve() : reject(err)))
    })
  return {
    port: socket.address().port,
    async send(to, ...texts) {
      for (const text of texts) await send(text, to.port, to.address ?? address)
    },
    async receive() {
      const signal = AbortSignal.timeout(5000)
      while (queue.length === 0) await once(socket, 'queued', { signal })
      const first = queue.shift()
      if (first === undefined) throw new Error('nothing queued')
      return first
    },
    get waiting() {
      return queue.length
    },
    async close() {
      socket.close()
      await once(socket, 'close')
    },
  }
}
