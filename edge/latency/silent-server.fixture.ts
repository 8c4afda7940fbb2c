import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'

/** Listens, tells where, and never runs again: nobody takes connections out of the kernel's queue. */
const program = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
`

/** More than a queue for one holds, whatever a kernel makes of the number. */
const CONNECTIONS = 16

/** A server on loopback that answers no SYN: its queue is full, and the kernel drops what comes. */
export class SilentServer {
  readonly #worker = new Worker(program, { eval: true })
  #sockets: readonly Socket[] = []

  /** Returns the port. */
  async start(): Promise<number> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#worker.once('message', (told: unknown) => resolve(Number(told)))
      this.#worker.once('error', reject)
    })
    this.#sockets = Array.from({ length: CONNECTIONS }, () => {
      const socket = connect({ host: '127.0.0.1', port })
      return socket.on('error', () => undefined)
    })
    // All are begun in the same turn, so before the first of them is told that it is connected.
    await Promise.race(this.#sockets.map((socket) => once(socket, 'connect')))
    return port
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.#worker.terminate()
  }
}
