import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, vi } from 'vitest'
import type { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { systemClock } from '../../shared/clock.ts'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import { createProbe } from './create-probe.ts'
import type { HealthOptions } from './options.ts'
import type { ProbeResult, ProbeTarget } from './probe.ts'

/** The target of probes in tests: on loopback, as a rule. */
export function targetOf(port: number | undefined, address = '127.0.0.1'): ProbeTarget {
  return { address, port, app: 'app.example.org.', cluster: 'fra' }
}

/** Probes once, with the check's own timeout unless there is another signal. */
export function probeOnce(
  given: z.input<typeof checkSchema>,
  target: ProbeTarget,
  {
    commands = {},
    clock = systemClock,
    signal,
  }: {
    readonly commands?: HealthOptions['commands']
    readonly clock?: Clock
    readonly signal?: AbortSignal
  } = {},
): Promise<ProbeResult> {
  const check = checkSchema.parse(given)
  const probe = createProbe(check, commands, clock)
  return probe(target, signal ?? AbortSignal.timeout(check.timeoutMs))
}

/**
 * Servers of one test file, closed after each test; which fails when a probe has left a connection open.
 */
export class TestServers {
  readonly #servers = new Set<Server>()
  readonly #sockets = new Set<Socket>()

  constructor() {
    afterEach(async () => {
      try {
        await vi.waitFor(() => this.#checkClosed())
      } finally {
        for (const socket of this.#sockets) socket.destroy()
        for (const server of this.#servers) {
          this.#servers.delete(server)
          server.close()
          await once(server, 'close')
        }
      }
    })
  }

  #checkClosed(): void {
    const { size } = this.#sockets
    if (size > 0) throw new Error(`${size} connections are open, though all probes have settled`)
  }

  /** Starts a server on a free port of loopback; returns the port. */
  async listen(server: Server): Promise<number> {
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('secureConnection', (socket: Socket) => socket.on('error', () => undefined))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#servers.add(server)
    return portOf(server)
  }
}

/** A port of loopback where nobody listens. */
export async function closedPort(create: () => Server): Promise<number> {
  const server = create().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  return address.port
}
