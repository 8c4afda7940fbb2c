import { parentPort, workerData } from 'node:worker_threads'
import { PEER_BYTES } from './batch-memory.ts'
import { answer, batchSockets, openBatchSocket, textOf } from './client-fixture.ts'

/**
 * A thread with a batch socket. It answers `a` with `a!`, posts a datagram that begins with `miss` to
 * who started it, closes and says so when `shared[0]` is 1. `shared[1]` counts the turns begun.
 */
const shared: unknown = workerData
const starter = parentPort
if (starter === null || !(shared instanceof Int32Array)) throw new TypeError('no thread')
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort has no origin
const tell = (message: unknown): void => starter.postMessage(message)

const socket = openBatchSocket(batchSockets(), { address: '0.0.0.0' })
tell({ handle: socket.handle, port: socket.port })
let n = 0
while (Atomics.load(shared, 0) === 0) {
  Atomics.add(shared, 1, 1)
  n = socket.turn(n, 60_000)
  for (let i = 0; i < n; i++) {
    const text = textOf(socket, i)
    const peer = socket.memory.peers.slice(i * PEER_BYTES, (i + 1) * PEER_BYTES)
    if (text.startsWith('miss')) tell({ peer })
    else answer(socket, i, `${text}!`)
  }
}
socket.close()
tell('closed')
