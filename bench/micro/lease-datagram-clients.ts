/**
 * The clients of `leases.ts` that send datagrams, each genuine, with its machine's own key and sequence. Told
 * by a message what to send, then by a port that they go, and by `rest` that they rest.
 */
import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { createRenewal } from '../../shared/renewal/datagram.ts'

/** Taken in turns: datagrams of 50,000 sockets look the same to who gets them. */
const SOCKETS = 16

const ordersSchema = z.object({
  keys: z.array(z.object({ handle: z.string(), secret: z.string() })),
  intervalMs: z.int(),
})
const portSchema = z.object({ port: z.int() })

interface Machine {
  readonly handle: string
  readonly secret: KeyObject
  sequence: number
}

/** Sends renewals in their rhythm, each machine's once in the interval, while it is told to; takes a core. */
function beClients({ keys, intervalMs }: z.output<typeof ordersSchema>): void {
  const machines = keys.map(({ handle, secret }): Machine => ({
    handle: Buffer.from(handle, 'hex').toString('latin1'),
    secret: createSecretKey(Buffer.from(secret, 'base64url')),
    sequence: 0,
  }))
  const betweenMs = intervalMs / machines.length
  let sockets: readonly Socket[] = []
  let sent = 0
  let dueAt = 0
  const spin = (): void => {
    if (sockets.length === 0) return
    for (const now = systemClock.nowMs(); dueAt < now; dueAt += betweenMs) {
      const machine = machines[sent % machines.length]
      if (machine !== undefined) {
        const { handle, secret } = machine
        const sequence = ++machine.sequence
        sockets[sent % SOCKETS]?.send(createRenewal({ handle, sequence, load: undefined }, secret))
      }
      sent++
    }
    // They never sleep: on loopback the kernel charges waking them to the process that answers.
    setImmediate(spin)
  }
  const begin = async (port: number): Promise<void> => {
    sockets = await openAll(port)
    dueAt = systemClock.nowMs()
    spin()
  }
  process.on('message', (message) => {
    for (const socket of sockets) socket.close()
    sockets = []
    const go = portSchema.safeParse(message)
    if (go.success) void begin(go.data.port)
  })
}

async function openAll(port: number): Promise<readonly Socket[]> {
  return Promise.all(
    Array.from({ length: SOCKETS }, async () => {
      const socket = createSocket('udp4')
      // What is answered is taken, and not looked at: who answers counts.
      socket.on('message', () => undefined)
      socket.on('error', () => undefined)
      socket.connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    }),
  )
}

process.once('disconnect', () => process.exit())
process.once('message', (message) => beClients(ordersSchema.parse(message)))
