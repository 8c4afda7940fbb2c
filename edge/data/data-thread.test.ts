import { afterEach, describe, expect, it, vi } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { createLogger } from '../../shared/log.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import { openUdpClient } from '../listen/test-client.ts'
import { answerOf, keyOf, wireOf } from '../table/table-fixture.ts'
import { TableWriter } from '../table/writer.ts'
import { DataListener } from './data-listener.ts'

const loaded = loadBatchSockets()
if (!loaded.ok) throw new Error(`the batch sockets are not built (npm ci): ${loaded.reason}`)
const sockets = loaded.api

const ANSWER = Buffer.alloc(16, 7)
/** Each has a port of its own, by which the kernel gives it to one of the threads. */
const CLIENTS = 16
/** A thread takes long to load on a machine that has other things to do. */
const DEADLINE = { timeout: 10_000 }

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Two threads over a table of one answer; nothing is expected to come to the handler. */
async function start(): Promise<{ listener: DataListener; misses: Buffer[] }> {
  const table = new TableWriter({ maxBytes: 4 * 1024 * 1024 })
  table.put(keyOf('a.example'), answerOf(ANSWER))
  const misses: Buffer[] = []
  const listener = new DataListener(
    {
      listen: { address: '127.0.0.1', port: 0 },
      threads: 2,
      inFlightMax: 1000,
      drainMs: 1000,
      sockets,
      table,
      nsid: Buffer.from('sfo'),
      clients: undefined,
      logger: createLogger('silent', {}),
    },
    (wire, _client, reply) => {
      misses.push(wire)
      reply(undefined)
    },
  )
  await listener.start()
  closing.push(() => {
    listener.abort()
    return listener.stop()
  })
  return { listener, misses }
}

function query(id: number): Buffer {
  const header = Buffer.from([id >> 8, id & 255, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, wireOf('a.example'), Buffer.from([0, TYPE_A, 0, CLASS_IN])])
}

/** Clients that ask without a pause until they are stopped; each answer is looked at. */
class Load {
  answered = 0
  readonly wrong: Buffer[] = []
  readonly #running: Promise<void>[] = []
  #stopped = false

  async open(listener: DataListener): Promise<void> {
    closing.push(() => this.stop())
    for (let i = 0; i < CLIENTS; i++) {
      const client = await openUdpClient(listener.address())
      const ask = async (): Promise<void> => {
        for (let id = 1; !this.#stopped; id = (id + 1) & 0xffff) {
          client.send(query(id))
          // What the dying thread had in work is lost, as any datagram can be.
          const answer = await client.receive(50)
          if (answer === undefined) continue
          const isLate = answer.readUInt16BE(0) !== id
          if (!isLate) this.answered++
          const wanted = query(answer.readUInt16BE(0)).subarray(12)
          const isRight = answer.indexOf(wanted) === 12 && answer.subarray(-16).equals(ANSWER)
          if (!isRight) this.wrong.push(answer)
        }
        client.close()
      }
      this.#running.push(ask())
    }
  }

  /** Waits until so many more are answered. */
  async more(count: number): Promise<void> {
    const wanted = this.answered + count
    await vi.waitUntil(() => this.answered > wanted, DEADLINE)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }
}

describe('a data thread that dies under load', () => {
  it('is replaced, the other one answers meanwhile, and no answer is wrong', async () => {
    const { listener, misses } = await start()
    const load = new Load()
    await load.open(listener)
    await load.more(500)
    const [dying, other] = listener.threads
    const answeredBefore = other?.counts.answered ?? 0
    dying?.terminate()
    await expect
      .poll(() => listener.threads.some((thread) => thread === dying), DEADLINE)
      .toBe(false)
    await expect.poll(() => other?.counts.answered ?? 0, DEADLINE).toBeGreaterThan(answeredBefore)
    await expect.poll(() => listener.replaced, DEADLINE).toBe(1)
    await expect.poll(() => listener.threads.length, DEADLINE).toBe(2)
    const fresh = listener.threads.find((thread) => thread !== other)
    await expect.poll(() => fresh?.counts.answered ?? 0, DEADLINE).toBeGreaterThan(0)
    expect(listener.threads).toContain(other)
    await load.more(500)
    await load.stop()
    expect(load.wrong).toEqual([])
    expect(misses).toEqual([])
    // What the dead one counted still counts.
    const counted = listener.counts.reduce((sum, counts) => sum + counts.answered, 0)
    expect(counted).toBeGreaterThanOrEqual(load.answered)
    expect(listener.stats.answered).toBeGreaterThanOrEqual(load.answered)
  })
})
