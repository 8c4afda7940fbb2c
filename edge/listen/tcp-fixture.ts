import { afterEach, expect } from 'vitest'
import { type Clock, ManualClock } from '../../shared/clock.ts'
import { ConnectionBudget } from './connection-budget.ts'
import type { Listener, QueryHandler } from './listener.ts'
import { TcpListener, type TcpListenerOptions } from './tcp.ts'
import { type StreamTestClient, openTcpClient } from './test-client.ts'

export const IDLE_TIMEOUT_MS = 1000

export const echo: QueryHandler = (wire, _client, reply) => reply(wire)

/** Returns options for a test, on a port that is free. */
export function optionsOf(changed: Partial<TcpListenerOptions>): TcpListenerOptions {
  return {
    listen: { address: '127.0.0.1', port: 0 },
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    inFlightMax: 100,
    drainMs: 10_000,
    budget: new ConnectionBudget(100, 100),
    ...changed,
  }
}

/** Listeners and clients of one test file, closed after each test. */
export class TcpFixture {
  readonly #closing: (() => Promise<void> | void)[] = []

  constructor() {
    afterEach(async () => {
      for (const close of this.#closing.splice(0).reverse()) await close()
    })
  }

  /** Starts a listener; unless told otherwise its clock stands still. */
  async start(
    handler: QueryHandler,
    changed: Partial<TcpListenerOptions> = {},
    clock: Clock = new ManualClock(),
  ): Promise<Listener> {
    const listener = new TcpListener(optionsOf(changed), handler, clock)
    await listener.start()
    this.closeAfterwards(() => {
      listener.abort()
      return listener.stop()
    })
    return listener
  }

  /** Opens a connection to a listener. */
  async open(listener: Listener): Promise<StreamTestClient> {
    const client = await openTcpClient(listener.address())
    this.closeAfterwards(() => client.close())
    return client
  }

  closeAfterwards(close: () => Promise<void> | void): void {
    this.#closing.push(close)
  }
}

/** Sends a message and waits for its echo, so that the listener has seen all that was sent. */
export async function exchange(client: StreamTestClient, text: string): Promise<void> {
  client.send(Buffer.from(text))
  expect(String(await client.receive())).toBe(text)
}

/** Lets what was sent on loopback arrive. */
export async function turnOfTheLoop(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => void setImmediate(resolve))
}
