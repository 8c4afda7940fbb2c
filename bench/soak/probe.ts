import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { systemClock } from '../../shared/clock.ts'
import type { Target } from '../client/udp-client.ts'
import { encodeQuery } from '../client/udp-client.ts'

/** Asked so often. */
const INTERVAL_MS = 2
/** In turn: the kernel gives every socket to one data thread, and all of them are to be seen. */
const SOCKETS = 8
/** After that a question is lost. */
const TIMEOUT_MS = 2_000
/** What no data thread may pause for. */
export const PAUSE_MS = 50

/** What a probe has seen since it was asked last. */
export interface Seen {
  readonly answered: number
  readonly lost: number
  /** The longest that a question waited, without what the probe itself was late. */
  readonly longestMs: number
  /** Questions that waited for more than PAUSE_MS, by the same reckoning. */
  readonly pauses: number
  /** The longest that the probe itself was late. */
  readonly ownLongestMs: number
}

/** A time at which the probe did not come to run. */
export interface Stall {
  readonly endedAt: number
  readonly ms: number
}

/** Asks for one known name every 2 ms over UDP, without waiting for answers. */
export class Probe {
  readonly #sockets: readonly Socket[]
  readonly #query: Buffer
  readonly #sentAt = new Map<number, number>()
  #stalls: readonly Stall[] = []
  #tickedAt = Number.NaN
  #id = 0
  #timer: NodeJS.Timeout | undefined
  #seen = { answered: 0, lost: 0, longestMs: 0, pauses: 0, ownLongestMs: 0 }

  private constructor(sockets: readonly Socket[], qname: string) {
    this.#sockets = sockets
    this.#query = encodeQuery(qname, 0)
    for (const socket of sockets) {
      socket.on('message', (response) => this.#take(response))
      // A server that is gone shows in what is lost.
      socket.on('error', () => undefined)
    }
  }

  /** Opens the sockets and begins to ask. */
  static async start({ address, port }: Target, qname: string): Promise<Probe> {
    const sockets = Array.from({ length: SOCKETS }, () => createSocket('udp4'))
    for (const socket of sockets) {
      await new Promise<void>((resolve) => socket.connect(port, address, resolve))
    }
    const probe = new Probe(sockets, qname)
    probe.#tickedAt = systemClock.nowMs()
    probe.#timer = setInterval(() => probe.#tick(), INTERVAL_MS)
    return probe
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const socket of this.#sockets) socket.close()
  }

  /** What it has seen since the last call. */
  takeSeen(): Seen {
    const seen = this.#seen
    this.#seen = { answered: 0, lost: 0, longestMs: 0, pauses: 0, ownLongestMs: 0 }
    return seen
  }

  #tick(): void {
    const nowMs = systemClock.nowMs()
    const late = { endedAt: nowMs, ms: nowMs - this.#tickedAt - INTERVAL_MS }
    this.#stalls = [...this.#stalls, late].filter(({ endedAt }) => endedAt > nowMs - TIMEOUT_MS)
    this.#seen.ownLongestMs = Math.max(this.#seen.ownLongestMs, late.ms)
    this.#tickedAt = nowMs
    for (const [id, sentAt] of this.#sentAt) {
      // In the order of sending: what comes after is younger.
      if (nowMs - sentAt < TIMEOUT_MS) break
      this.#sentAt.delete(id)
      this.#seen.lost++
    }
    this.#id = (this.#id + 1) & 0xffff
    const query = Buffer.from(this.#query)
    query.writeUInt16BE(this.#id, 0)
    this.#sentAt.set(this.#id, nowMs)
    this.#sockets[this.#id % SOCKETS]?.send(query)
  }

  #take(response: Buffer): void {
    const id = response.length < 2 ? -1 : response.readUInt16BE(0)
    const sentAt = this.#sentAt.get(id)
    if (sentAt === undefined) return
    this.#sentAt.delete(id)
    const nowMs = systemClock.nowMs()
    const unfinished = { endedAt: nowMs, ms: nowMs - this.#tickedAt - INTERVAL_MS }
    const waitedMs = waitedWithout([...this.#stalls, unfinished], sentAt, nowMs)
    this.#seen.answered++
    this.#seen.longestMs = Math.max(this.#seen.longestMs, waitedMs)
    if (waitedMs > PAUSE_MS) this.#seen.pauses++
  }
}

/** How long a question waited, less the longest stall of the probe itself in that time. */
export function waitedWithout(
  stalls: readonly Stall[],
  sentAt: number,
  answeredAt: number,
): number {
  const own = stalls.filter(({ endedAt }) => endedAt > sentAt).map(({ ms }) => ms)
  return Math.max(0, answeredAt - sentAt - Math.max(0, ...own))
}
