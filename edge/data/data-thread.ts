import { extname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { startThread } from '../../shared/thread.ts'
import { ThreadCounts } from '../counts.ts'
import type { BatchMemory } from '../../shared/native/batch-memory.ts'
import { createBatchMemory } from '../../shared/native/batch-memory.ts'
import type { BatchSockets } from '../../shared/native/batch-socket.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { TableWriter } from '../table/writer.ts'
import { CLOSED, DRAINING, PREPARED, RUNNING, ThreadControl } from './control.ts'
import type { Miss, ThreadData, ThreadMessage } from './messages.ts'

/** Datagrams in a batch: more are no faster (bench), and would wait for each other. */
const BATCH = 64
/** The largest query that is taken, and more than any answer; longer ones are dropped. */
const SLOT_BYTES = 4096
/** Asked of the kernel in both directions; it gives what it allows (`net.core.rmem_max`). */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

export interface DataThreadOptions {
  readonly address: string
  readonly sockets: BatchSockets
  readonly table: TableWriter
  readonly nsid: Buffer
  readonly clients: ClientHandles | undefined
  readonly inFlightMax: number
  readonly onMisses: (thread: DataThread, misses: readonly Miss[]) => void
  /** In ms; 0 for no samples. */
  readonly sampleEveryMs: number
  readonly onSample: (answer: Uint8Array, peer: Uint8Array) => void
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
  readonly #opened = Promise.withResolvers<number>()
  #exited: Promise<void> = Promise.resolve()

  /** Throws a RangeError when the table has as many readers as it can. */
  constructor(options: DataThreadOptions) {
    this.#options = options
    const index = options.table.addReader()
    if (index === undefined) throw new RangeError('the answer table has too many readers')
    this.#readerIndex = index
    // Nobody waits for a thread that is closed before it is started.
    this.#opened.promise.catch(() => undefined)
  }

  /** Starts the thread, which then waits for its port. */
  prepare(): void {
    const { address, table, nsid, clients, inFlightMax, onMisses, onDeath } = this.#options
    const { sampleEveryMs, onSample } = this.#options
    const workerData: ThreadData = {
      address,
      reusePort: true,
      socketBufferBytes: SOCKET_BUFFER_BYTES,
      memory: this.memory,
      control: this.control.buffer,
      counts: this.counts.buffer,
      table: table.handle,
      readerIndex: this.#readerIndex,
      inFlightMax,
      nsid,
      clients,
      sampleEveryMs,
    }
    const program = new URL(`./thread${extname(import.meta.url)}`, import.meta.url)
    const worker = startThread(program, { workerData, name: 'data' })
    this.#worker = worker
    let failure: Error | undefined
    worker.on('message', (message: ThreadMessage) => {
      if (message.is === 'misses') onMisses(this, message.misses)
      else if (message.is === 'sample') onSample(message.answer, message.peer)
      else if (message.is === 'open') {
        this.#handle = message.handle
        this.#opened.resolve(message.port)
      } else {
        this.#opened.reject(Object.assign(new Error(message.message), { code: message.code }))
      }
    })
    worker.on('error', (err: Error) => {
      failure = err
    })
    this.#exited = new Promise((exited) => {
      worker.on('exit', () => {
        const wasOpen = this.#handle !== undefined
        // The thread has ended: nothing of the table is read by it any more.
        table.removeReader(this.#readerIndex)
        this.#worker = undefined
        this.#handle = undefined
        exited()
        this.#opened.reject(failure ?? new Error('the data thread ended'))
        if (wasOpen && this.control.state === RUNNING) onDeath(this, failure)
      })
    })
  }

  /** Lets the prepared thread bind a port and serve; resolves with the port. Rejects with the system's error. */
  start(port: number): Promise<number> {
    // Not when it was closed meanwhile.
    if (this.control.state === PREPARED) {
      this.control.port = port
      this.control.state = RUNNING
    }
    return this.#opened.promise
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
