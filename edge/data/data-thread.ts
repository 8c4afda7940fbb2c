import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ThreadCounts } from '../counts.ts'
import type { BatchMemory } from '../listen/native/batch-memory.ts'
import { createBatchMemory } from '../listen/native/batch-memory.ts'
import type { BatchSockets } from '../listen/native/batch-socket.ts'
import type { TableWriter } from '../table/writer.ts'
import { CLOSED, DRAINING, RUNNING, ThreadControl } from './control.ts'
import type { Miss, ThreadData, ThreadMessage } from './messages.ts'

/** Datagrams in a batch: more are no faster (bench), and would wait for each other. */
const BATCH = 64
/** The largest query that is taken, and more than any answer; longer ones are dropped. */
const SLOT_BYTES = 4096
/** Asked of the kernel in both directions; it gives what it allows (`net.core.rmem_max`). */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

export interface DataThreadOptions {
  readonly address: string
  readonly port: number
  readonly sockets: BatchSockets
  readonly table: TableWriter
  readonly nsid: Buffer
  readonly inFlightMax: number
  readonly onMisses: (thread: DataThread, misses: readonly Miss[]) => void
  /** The thread is gone and nobody had asked for it. */
  readonly onDeath: (thread: DataThread, err: Error | undefined) => void
}

/** One data thread as the control thread sees it. */
export class DataThread {
  readonly memory: BatchMemory = createBatchMemory(BATCH, SLOT_BYTES)
  readonly counts = new ThreadCounts()
  readonly control = new ThreadControl()
  readonly #options: DataThreadOptions
  readonly #readerIndex: number
  #worker: Worker | undefined
  #handle: number | undefined
  #exited: Promise<void> = Promise.resolve()

  /** Throws a RangeError when the table has as many readers as it can. */
  constructor(options: DataThreadOptions) {
    this.#options = options
    const index = options.table.addReader()
    if (index === undefined) throw new RangeError('the answer table has too many readers')
    this.#readerIndex = index
  }

  /** Starts the thread; resolves with the bound port. Rejects with the system's error. */
  start(): Promise<number> {
    const { address, port, table, nsid, inFlightMax, onMisses, onDeath } = this.#options
    const workerData: ThreadData = {
      address,
      port,
      reusePort: true,
      socketBufferBytes: SOCKET_BUFFER_BYTES,
      memory: this.memory,
      control: this.control.buffer,
      counts: this.counts.buffer,
      table: table.handle,
      readerIndex: this.#readerIndex,
      inFlightMax,
      nsid,
    }
    const program = new URL(`./thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(program, { workerData })
    this.#worker = worker
    return new Promise((resolve, reject) => {
      let failure: Error | undefined
      worker.on('message', (message: ThreadMessage) => {
        if (message.is === 'misses') onMisses(this, message.misses)
        else if (message.is === 'open') {
          this.#handle = message.handle
          resolve(message.port)
        } else reject(Object.assign(new Error(message.message), { code: message.code }))
      })
      worker.on('error', (err: Error) => {
        failure = err
      })
      this.#exited = new Promise((exited) => {
        worker.on('exit', () => {
          // The thread has ended: nothing of the table is read by it any more.
          table.removeReader(this.#readerIndex)
          this.#worker = undefined
          exited()
          reject(failure ?? new Error('the data thread ended'))
          if (this.#handle !== undefined && this.control.state === RUNNING) onDeath(this, failure)
        })
      })
    })
  }

  /** Sends the answer to a miss by the thread's own socket. Returns whether the kernel took it. */
  send(answer: Buffer, peer: Uint8Array): boolean {
    if (this.#handle === undefined) return false
    return this.#options.sockets.sendTo(this.#handle, answer, answer.length, peer, 0) === 'sent'
  }

  /** Lets the thread take no more queries; it wakes at once. */
  drain(): void {
    if (this.control.state !== RUNNING) return
    this.control.state = DRAINING
    this.#wake()
  }

  /** Ends the thread and closes its socket. Resolves when it is gone. */
  async close(): Promise<void> {
    this.control.state = CLOSED
    this.#wake()
    await this.#exited
  }

  /** Of the operating system: for tests, to kill a thread. */
  terminate(): void {
    void this.#worker?.terminate()
    this.#wake()
  }

  #wake(): void {
    if (this.#handle !== undefined) this.#options.sockets.wake(this.#handle)
  }
}
