/**
 * The clients of `leases.ts` over HTTP: connections that are kept, as those of agents are. Told by a message
 * what to send, then by a port that they go, and by `rest` that they rest.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'

/** Kept open, and taken in turns: 50,000 would take too much of the machine. */
const CONNECTIONS_MAX = 1_000
/** So that each is used before the server takes it for one that will never be. */
const REQUESTS_PER_CONNECTION = 5
/** For connections to be made. */
const SETTLE_MS = 500

const ordersSchema = z.object({
  requests: z.array(z.string()),
  intervalMs: z.int(),
})
const portSchema = z.object({ port: z.int() })

/** Sends requests in their rhythm, each once in the interval, while it is told to; takes a core. */
function beClients({ requests, intervalMs }: z.output<typeof ordersSchema>): void {
  const betweenMs = intervalMs / requests.length
  const connections = Math.min(
    CONNECTIONS_MAX,
    Math.ceil(requests.length / REQUESTS_PER_CONNECTION),
  )
  let sockets: readonly Socket[] = []
  let sent = 0
  let dueAt = 0
  const spin = (): void => {
    if (sockets.length === 0) return
    for (const now = systemClock.nowMs(); dueAt < now; dueAt += betweenMs) {
      sockets[sent % connections]?.write(requests[sent % requests.length] ?? '', 'latin1')
      sent++
    }
    // They never sleep: on loopback the kernel charges waking them to the process that answers.
    setImmediate(spin)
  }
  process.on('message', (message) => {
    for (const socket of sockets) socket.destroy()
    sockets = []
    const go = portSchema.safeParse(message)
    if (!go.success) return
    const { port } = go.data
    // What is answered is not looked at: who answers counts.
    sockets = Array.from({ length: connections }, () =>
      connect({ port, host: '127.0.0.1', noDelay: true }).resume(),
    )
    dueAt = systemClock.nowMs() + SETTLE_MS
    spin()
  })
}

process.once('disconnect', () => process.exit())
process.once('message', (message) => beClients(ordersSchema.parse(message)))
