import type { SocketAddress } from '../../shared/config/socket-address.ts'
import {
  PEER_BYTES,
  TRUNCATED_LENGTH,
  createBatchMemory,
  readCounters,
  readSender,
} from '../../shared/native/batch-memory.ts'
import type { BatchSocket, BatchSockets } from '../../shared/native/batch-socket.ts'
import { RENEWAL_BYTES } from '../../shared/renewal/datagram.ts'
import type { AnswerRenewal } from './answer-renewal.ts'
import { RECEIVE_BUFFER_BYTES } from './event-socket.ts'

/** Datagrams that one call of the kernel gives. */
const BATCH_MAX = 256
/** Batches that one poll takes: what a flood costs is bounded by it; what is more waits, or is lost. */
const BATCHES_PER_POLL_MAX = 4
/** Room for one datagram: what is longer than a renewal is none. */
const SLOT_BYTES = 64

/** A UDP socket of the addon: waits for nothing, wakes nobody; who has it polls it. */
export class PolledSocket {
  readonly #socket: BatchSocket
  readonly #answer: AnswerRenewal
  readonly #slots: readonly Slot[]
  /** Datagrams of the last batch, whose answers leave with the next turn. */
  #unsent = 0

  /** Throws as `BatchSockets.open` does. */
  constructor(api: BatchSockets, { address, port }: SocketAddress, answer: AnswerRenewal) {
    const memory = createBatchMemory(BATCH_MAX, SLOT_BYTES)
    this.#socket = api.open({
      address,
      port,
      reusePort: false,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      sendBufferBytes: 0,
      memory,
    })
    this.#answer = answer
    const family = address.includes(':') ? 6 : 4
    const { buffer } = memory.memory
    this.#slots = Array.from({ length: BATCH_MAX }, (_, i) => ({
      whole: Buffer.from(buffer, memory.slots.byteOffset + i * SLOT_BYTES, SLOT_BYTES),
      renewal: Buffer.from(buffer, memory.slots.byteOffset + i * SLOT_BYTES, RENEWAL_BYTES),
      sender: () => readSender(memory.peers, i * PEER_BYTES, family).address,
    }))
  }

  get port(): number {
    return this.#socket.port
  }

  /** Datagrams that the kernel had no room for. */
  get kernelDrops(): number {
    return readCounters(this.#socket.memory).kernelDrops
  }

  /** Takes what has come, within bounds, and answers it; returns how many it was. Throws when it is closed. */
  poll(): number {
    let taken = 0
    for (let i = 0; i < BATCHES_PER_POLL_MAX; i++) {
      this.#unsent = this.#socket.turn(this.#unsent, 0)
      if (this.#unsent === 0) break
      taken += this.#unsent
      this.#answerBatch()
    }
    return taken
  }

  close(): void {
    this.#socket.close()
  }

  #answerBatch(): void {
    const { lengths } = this.#socket.memory
    for (let i = 0; i < this.#unsent; i++) {
      const slot = this.#slots[i]
      if (slot === undefined) break
      const answer = this.#answer(datagramIn(slot, lengths[i] ?? 0), slot.sender)
      if (answer === undefined) continue
      // An answer is as long as a renewal.
      slot.renewal.set(answer)
      lengths[BATCH_MAX + i] = answer.length
    }
  }
}

/** Where a datagram is, and its answer in its place. Made once: a view costs as much as all else but the MAC. */
interface Slot {
  readonly whole: Buffer
  readonly renewal: Buffer
  readonly sender: () => string
}

function datagramIn({ whole, renewal }: Slot, length: number): Buffer {
  if (length === RENEWAL_BYTES) return renewal
  return length === TRUNCATED_LENGTH ? whole : whole.subarray(0, length)
}
