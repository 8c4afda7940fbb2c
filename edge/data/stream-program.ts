/**
 * The program of a stream thread, which is loaded before there is a port for it: a TCP listener with
 * an event loop of its own, over the answer table. What the table has not is posted to the control
 * thread, whose replies come back as messages.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import { ThreadCounts } from '../counts.ts'
import { errnoOf } from '../listen/listen-failed.ts'
import { SharedBudget } from '../listen/shared-budget.ts'
import { SharedListenerStats } from '../listen/shared-stats.ts'
import { TcpListener } from '../listen/tcp.ts'
import { ClientLocator } from '../locate/client-locator.ts'
import { TableReader } from '../table/reader.ts'
import { DRAINING, ThreadControl } from './control.ts'
import { StreamHandler } from './stream-handler.ts'
import type { FromStreamThread, StreamThreadData, ToStreamThread } from './stream-messages.ts'
import { isStreamThreadData } from './stream-messages.ts'

function main(data: StreamThreadData): void {
  const control = new ThreadControl(data.control)
  const handler = new StreamHandler({
    reader: new TableReader(data.table, data.readerIndex),
    nsid: Buffer.from(data.nsid),
    locator: data.clients && new ClientLocator(data.clients),
    counts: new ThreadCounts(data.counts),
    clock: systemClock,
    nowSeconds: () => control.nowSeconds,
    onMisses: (misses) => post({ is: 'misses', misses }),
  })
  let listener: TcpListener | undefined
  let starting: Promise<void> | undefined
  let isOpen = false
  let isDraining = false

  /** The thread ends when nothing is left to be done. */
  const drain = async (): Promise<void> => {
    if (isDraining) return
    isDraining = true
    // At once when it serves already: what is read from now on is not handed over.
    if (!isOpen) await starting
    await listener?.stop()
    parentPort?.close()
  }

  const start = async (port: number): Promise<void> => {
    listener = new TcpListener(
      {
        listen: { address: data.address, port },
        reusePort: true,
        ...data.limits,
        budget: new SharedBudget(data.budget, data.member),
        stats: new SharedListenerStats(data.stats),
        batch: {
          begin: () => {
            // A stop holds from the moment that it is called: its message may come later than a query.
            if (control.state === DRAINING) void drain()
            handler.begin()
          },
          end: () => handler.end(),
        },
      },
      handler.handle,
    )
    try {
      await listener.start()
      isOpen = true
      post({ is: 'open', port: listener.address().port })
    } catch (err) {
      const cause = err instanceof Error ? (err.cause ?? err) : err
      post({ is: 'failed', code: errnoOf(cause), message: messageOf(cause) })
      parentPort?.close()
    }
  }

  parentPort?.on('message', (message: ToStreamThread) => {
    if (message.is === 'replies') for (const reply of message.replies) handler.settle(reply)
    else if (message.is === 'start') starting = start(message.port)
    else void drain()
  })
}

function post(message: FromStreamThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
  parentPort?.postMessage(message)
}

const data: unknown = workerData
if (!isStreamThreadData(data)) {
  throw new TypeError('a stream thread is started by a StreamListener only')
}
main(data)
