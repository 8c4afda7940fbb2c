/**
 * The program of a data thread, which is loaded before there is a port for it: one UDP socket, one
 * blocking loop. Between two calls of the addon it answers each datagram of the batch in place from the
 * table, and posts what it cannot answer to the control thread. It has no event loop to wait for: it
 * hears of the control thread by shared words and by the addon's `wake`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import { ThreadCounts } from '../counts.ts'
import { PEER_BYTES, TRUNCATED_LENGTH, senderOctetsAt } from '../../shared/native/batch-memory.ts'
import type { BatchSocket } from '../../shared/native/batch-socket.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import { ClientLocator } from '../locate/client-locator.ts'
import { Sender } from '../locate/sender.ts'
import { TableReader } from '../table/reader.ts'
import { IGNORED, MISS, TableAnswerer } from './answer.ts'
import { CLOSED, DRAINING, PREPARED, RUNNING, ThreadControl } from './control.ts'
import type { Miss, ThreadData, ThreadMessage } from './messages.ts'
import { isThreadData } from './messages.ts'

/** The longest wait for a datagram; `wake` ends it earlier. */
const TURN_MS = 10_000

function main(data: ThreadData): void {
  const control = new ThreadControl(data.control)
  const loaded = loadBatchSockets()
  if (!loaded.ok) {
    post({ is: 'failed', code: undefined, message: loaded.reason })
    return
  }
  control.waitWhile(PREPARED)
  if (control.state === CLOSED) return
  let socket
  try {
    const { port } = control
    const { address, reusePort, socketBufferBytes: bytes, memory } = data
    const buffers = { receiveBufferBytes: bytes, sendBufferBytes: bytes }
    socket = loaded.api.open({ address, port, reusePort, memory, ...buffers })
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : undefined
    post({ is: 'failed', code, message: messageOf(err) })
    return
  }
  post({ is: 'open', handle: socket.handle, port: socket.port })
  serve(data, socket, control)
  // What the control thread still answers leaves by this socket.
  while (control.state === DRAINING) control.waitWhile(DRAINING)
  socket.close()
}

function serve(data: ThreadData, socket: BatchSocket, control: ThreadControl): void {
  const { memory, inFlightMax } = data
  const { batch, slotBytes, lengths, peers } = memory
  const counts = new ThreadCounts(data.counts)
  const reader = new TableReader(data.table, data.readerIndex)
  const locator = data.clients && new ClientLocator(data.clients)
  const answerer = new TableAnswerer(reader, Buffer.from(data.nsid), 'udp', locator)
  const family = data.address.includes(':') ? 6 : 4
  const sender = new Sender()
  const slots = Array.from({ length: batch }, (_, i) =>
    Buffer.from(memory.memory.buffer, memory.slots.byteOffset + i * slotBytes, slotBytes),
  )
  const misses: Miss[] = []
  let sampleAt = data.sampleEveryMs > 0 ? -Infinity : Infinity
  let count = 0
  for (;;) {
    count = socket.turn(count, TURN_MS)
    if (control.state !== RUNNING) break
    if (count === 0) continue
    const startedAt = systemClock.nowMs()
    let answered = 0
    reader.beginBatch(control.nowSeconds)
    for (let i = 0; i < count; i++) {
      // In bounds: the addon gives no more than a batch.
      const length = lengths[i]!
      if (length === TRUNCATED_LENGTH) continue
      const slot = slots[i]!
      sender.set(peers, senderOctetsAt(i * PEER_BYTES, family), family)
      const size = answerer.answer(slot, length, sender)
      if (size > 0) {
        lengths[batch + i] = size
        counts.countAnswer(answerer.qtype, answerer.rcode)
        answered++
        if (startedAt >= sampleAt) {
          sampleAt = startedAt + data.sampleEveryMs
          const answer = Uint8Array.prototype.slice.call(slot, 0, size)
          post({ is: 'sample', answer, peer: peerOf(peers, i) })
        }
      } else if (size === IGNORED) counts.countIgnored()
      else if (size === MISS) {
        const wire = Uint8Array.prototype.slice.call(slot, 0, length)
        misses.push({ wire, peer: peerOf(peers, i) })
      }
    }
    reader.endBatch()
    if (answered > 0) counts.countDuration(answered, (systemClock.nowMs() - startedAt) / 1000)
    if (misses.length > 0) handOn(misses, control, counts, inFlightMax)
  }
  // All answers were sent by the last turn; what it brought is not taken any more.
  for (let i = 0; i < count; i++) counts.countDropped()
}

function peerOf(peers: Uint8Array, i: number): Uint8Array {
  return peers.slice(i * PEER_BYTES, (i + 1) * PEER_BYTES)
}

function handOn(
  misses: Miss[],
  control: ThreadControl,
  counts: ThreadCounts,
  inFlightMax: number,
): void {
  const room = Math.max(0, inFlightMax - control.inFlight)
  const taken = misses.splice(0, misses.length)
  for (let i = room; i < taken.length; i++) counts.countDropped()
  if (room < taken.length) taken.length = room
  if (taken.length === 0) return
  control.addInFlight(taken.length)
  post({ is: 'misses', misses: taken })
}

function post(message: ThreadMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
  parentPort?.postMessage(message)
}

const data: unknown = workerData
if (!isThreadData(data)) throw new TypeError('a data thread is started by a DataListener only')
main(data)
