import { Agent, request } from 'node:http'
import { systemClock } from '../../shared/clock.ts'
import type { BenchCentral } from '../mesh/central.ts'
import { APEX } from '../mesh/workload.ts'

/** What clients have written. */
export interface Written {
  readonly perSecond: number
  /** From the request to its answer, in ms. */
  readonly latenciesMs: readonly number[]
}

/** What a client writes; turns go from 1 to TURNS_MAX and begin anew. */
export type Put = (client: number, turn: number) => { readonly path: string; readonly body: object }

const TURNS_MAX = 1000

/** An endpoint for each client, with another weight each time. */
export const endpointPut: Put = (client, turn) => ({
  path: `/v1/apps/app-${client}.${APEX}./endpoints/sfo`,
  body: { addresses: ['192.0.2.1'], weight: turn },
})

/** Registers what clients have to find there for `endpointPut`, and the zone. */
export async function prepareEndpoints(central: BenchCentral, clients: number): Promise<void> {
  await central.apply({
    clusters: [{ id: 'sfo', latitude: 37.6, longitude: -122.4 }],
    zones: [{ apex: APEX, ns: [`ns.${APEX}`] }],
    apps: Array.from({ length: clients }, (_, i) => ({ name: `app-${i}.${APEX}`, endpoints: [] })),
  })
}

/**
 * Has clients write one after the other for so long: each puts one thing, ever another way. They are dealt
 * to the centrals in turn. Rejects when a write is not acknowledged.
 */
export async function writeFor(
  seconds: number,
  urls: readonly string[],
  clients: number,
  headers: Readonly<Record<string, string>>,
  putOf: Put = endpointPut,
): Promise<Written> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const latenciesMs: number[] = []
  const startedAt = systemClock.nowMs()
  const endAt = startedAt + seconds * 1000
  const write = async (i: number): Promise<void> => {
    for (let turn = 1; systemClock.nowMs() < endAt; turn = (turn % TURNS_MAX) + 1) {
      const { path, body } = putOf(i, turn)
      const sentAt = systemClock.nowMs()
      await put(agent, `${urls[i % urls.length] ?? ''}${path}`, headers, JSON.stringify(body))
      latenciesMs.push(systemClock.nowMs() - sentAt)
    }
  }
  try {
    await Promise.all(Array.from({ length: clients }, (_, i) => write(i)))
    const tookMs = systemClock.nowMs() - startedAt
    return { perSecond: (latenciesMs.length / tookMs) * 1000, latenciesMs }
  } finally {
    agent.destroy()
  }
}

/** Not by fetch, which would cost more than what is measured. */
function put(
  agent: Agent,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        agent,
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('error', reject).on('end', () => {
          const { statusCode = 0 } = answer
          if (statusCode >= 200 && statusCode < 300) resolve()
          else reject(new Error(`PUT ${url}: ${statusCode} ${text}`))
        })
      },
    )
    call.on('error', reject).end(body)
  })
}
