import { extname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { startThread } from '../../shared/thread.ts'
import { ThreadCounts } from '../counts.ts'
import type { ListenerStats } from '../listen/listener.ts'
import type { SharedBudgetMembers } from '../listen/shared-budget.ts'
import { SharedListenerStats } from '../listen/shared-stats.ts'
import { addListenerStats } from '../listen/stats.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { TableWriter } from '../table/writer.ts'
import { CLOSED, DRAINING, PREPARED, RUNNING, ThreadControl } from './control.ts'
import type {
  FromStreamThread,
  StreamLimits,
  StreamMiss,
  StreamReply,
  StreamThreadData,
  ToStreamThread,
} from './stream-messages.ts'

export interface StreamThreadOptions {
  readonly address: string
  readonly limits: StreamLimits
  readonly budget: SharedBudgetMembers
  readonly table: TableWriter
  readonly nsid: Buffer
  readonly clients: ClientHandles | undefined
  readonly onMisses: (thread: StreamThread, misses: readonly StreamMiss[]) => void
  /** The thread is gone, asked for or not; `err` is what it died of. */
  readonly onEnd: (thread: StreamThread, err: Error | undefined) => void
}

/** One stream thread as the control thread sees it. */
export class StreamThread {
  readonly counts = new ThreadCounts()
  readonly control = new ThreadControl()
  /** Misses that came and are not replied to. */
  outstanding = 0
  readonly #options: StreamThreadOptions
  readonly #stats = new SharedListenerStats()
  readonly #readerIndex: number
  readonly #member: number
  #worker: Worker | undefined
  #replies: StreamReply[] = []
  readonly #opened = Promise.withResolvers<number>()
  #exited: Promise<void> = Promise.resolve()

  /** Throws a RangeError when the table or the budget has as many threads as it can. */
  constructor(options: StreamThreadOptions) {
    this.#options = options
    const index = options.table.addReader()
    if (index === undefined) throw new RangeError('the answer table has too many readers')
    this.#readerIndex = index
    this.#member = options.budget.join()
    // Nobody waits for a thread that is closed before it is started.
    this.#opened.promise.catch(() => undefined)
  }

  /** Adds what the thread counted, with what its end has made of it. */
  addTo(sum: ListenerStats): void {
    addListenerStats(sum, this.#stats)
    if (this.#worker !== undefined) return
    sum.connections -= this.#stats.connections
    sum.inFlight -= this.#stats.inFlight - this.outstanding
    // What was in the thread or on its way there can not be sent any more.
    sum.sendErrors += this.#stats.inFlight - this.outstanding
  }

  /** Starts the thread, which then waits for its port. */
  prepare(): void {
    const { address, limits, budget, table, nsid, clients, onMisses, onEnd } = this.#options
    const workerData: StreamThreadData = {
      address,
      limits,
      budget: budget.handle,
      member: this.#member,
      control: this.control.buffer,
      counts: this.counts.buffer,
      stats: this.#stats.buffer,
      table: table.handle,
      readerIndex: this.#readerIndex,
      nsid,
      clients,
    }
    const program = new URL(`./stream-program${extname(import.meta.url)}`, import.meta.url)
    const worker = startThread(program, { workerData, name: 'stream' })
    this.#worker = worker
    let failure: Error | undefined
    worker.on('message', (message: FromStreamThread) => {
      if (message.is === 'misses') onMisses(this, message.misses)
      else if (message.is === 'open') this.#opened.resolve(message.port)
      else {
        failure = Object.assign(new Error(message.message), { code: message.code })
        this.#opened.reject(failure)
      }
    })
    worker.on('error', (err: Error) => {
      failure = err
    })
    this.#exited = new Promise((exited) => {
      worker.on('exit', () => {
        this.#worker = undefined
        // The thread has ended: nothing of the table is read by it any more.
        table.removeReader(this.#readerIndex)
        budget.leave(this.#member)
        this.#opened.reject(failure ?? new Error('the stream thread ended'))
        onEnd(this, failure)
        exited()
      })
    })
  }

  /** Lets the prepared thread bind a port and serve; resolves with the port. Rejects with the system's error. */
  start(port: number): Promise<number> {
    // Not when it was closed meanwhile.
    if (this.control.state === PREPARED) {
      this.control.state = RUNNING
      this.#post({ is: 'start', port })
    }
    return this.#opened.promise
  }

  /** Passes the reply to a miss on. Returns false when the thread is gone. */
  reply(reply: StreamReply): boolean {
    this.outstanding--
    if (this.#worker === undefined) return false
    // All that is answered in one go travels in one message.
    if (this.#replies.length === 0) queueMicrotask(() => this.#postReplies())
    this.#replies.push(reply)
    return true
  }

  /** Lets the thread take nothing more, answer what is in flight and end. Resolves when it is gone. */
  async drain(): Promise<void> {
    this.control.state = DRAINING
    this.#post({ is: 'drain' })
    await this.#exited
  }

  /** Ends the thread at once, with all its connections. Resolves when it is gone. */
  async close(): Promise<void> {
    this.control.state = CLOSED
    await this.terminate()
    await this.#exited
  }

  /** Ends the thread as if it had died. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate()
  }

  #postReplies(): void {
    const replies = this.#replies
    this.#replies = []
    this.#post({ is: 'replies', replies })
  }

  #post(message: ToStreamThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    this.#worker?.postMessage(message)
  }
}
