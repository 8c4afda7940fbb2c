import type { Client, QueryHandler, Reply } from './listener.ts'

/** A message that a `HeldHandler` holds. */
export interface Held {
  readonly wire: Buffer
  readonly client: Client
  readonly reply: Reply
}

/** For tests of listeners: holds every message until the test replies to it. */
export class HeldHandler {
  readonly held: Held[] = []
  readonly #waiting: (() => void)[] = []

  readonly handle: QueryHandler = (wire, client, reply) => {
    this.held.push({ wire, client, reply })
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves when `count` messages have come in all, with all of them in the order they came. */
  async until(count: number): Promise<readonly Held[]> {
    while (this.held.length < count) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
    return this.held
  }
}
