import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { describeAnswer } from '../client/ask-all.ts'
import type { UdpClient } from '../client/udp-client.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { BenchApp } from '../mesh/workload.ts'
import { addressOf } from '../mesh/workload.ts'
import { ascending } from '../report/statistics.ts'

/** A change that the edge does not show by then is lost. */
const DEADLINE_MS = 10_000
/** Between two questions: without it the asking takes a core that central and the edge need. */
const POLL_MS = 1

/**
 * Puts an endpoint on the edge's own cluster for one app after the other, and asks the edge until it
 * answers with it. Returns the times in ms, from the start of the REST call, ascending.
 */
export async function measurePropagation(
  central: BenchCentral,
  client: UdpClient,
  cluster: string,
  apps: readonly BenchApp[],
): Promise<Float64Array> {
  const times: number[] = []
  for (const { name, nearest } of apps) {
    // An address that is not the one before, so that the new answer is known.
    const address = ['192.0.2.255', '192.0.2.0'].find((other) => other !== nearest) ?? addressOf(0)
    const startedAt = systemClock.nowMs()
    const written = central.call('PUT', `/v1/apps/${name}/endpoints/${cluster}`, {
      addresses: [address],
    })
    const [servedAt] = await Promise.all([waitForAnswer(client, name, address), written])
    times.push(servedAt - startedAt)
  }
  return ascending(times)
}

/**
 * Asks again and again; resolves with the time (monotonic ms) of the first answer that is the one
 * wanted. Rejects when that does not come in time.
 */
export async function waitForAnswer(
  client: UdpClient,
  name: string,
  wanted: string,
  deadlineMs: number = DEADLINE_MS,
): Promise<number> {
  const endAt = systemClock.nowMs() + deadlineMs
  for (;;) {
    // Beside a full load a datagram may be lost; the next question is as good.
    const timed = await client.ask(name).catch(() => undefined)
    const found = timed === undefined ? 'without an answer' : describeAnswer(timed.response)
    const nowMs = systemClock.nowMs()
    if (found === wanted) return nowMs
    if (nowMs > endAt) {
      throw new Error(`${name} is ${found} after ${deadlineMs} ms, ${wanted} is wanted`)
    }
    await wait(POLL_MS)
  }
}
