import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { callCli } from '../../../cli/cli.fixture.ts'
import type { CentralUnderTest } from '../../support/mesh.ts'
import { token } from '../../support/mesh.ts'
import { isRecord, until } from '../../support/program.ts'
import { BROKER_START_MS } from './broker.ts'
import { agreement, KafkaMesh, put } from './mesh.ts'
import type { Position } from './mesh.ts'

const CLIENTS = 64
const ADDRESSES = ['192.0.2.1']

const mesh = new KafkaMesh()
beforeAll(() => mesh.startBroker(), BROKER_START_MS)
afterEach(() => mesh.endCentrals())
afterAll(() => mesh.end())

/** What 64 clients have written, each its own endpoint with the weights 1, 2, 3 … */
class History {
  /** Weights that were acknowledged, by client. */
  readonly acknowledged: number[][] = Array.from({ length: CLIENTS }, () => [])
  acknowledgements = 0
  #isOver = false
  #clients: Promise<void>[] = []

  begin(centrals: readonly CentralUnderTest[]): void {
    this.#clients = this.acknowledged.map((weights, i) => this.#write(centrals, weights, i))
  }

  /** Waits for so many acknowledgements more. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledgements + count
    const areThere = (): true | undefined => (this.acknowledgements >= wanted ? true : undefined)
    await until(`${count} more writes`, areThere, 40_000)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #write(centrals: readonly CentralUnderTest[], weights: number[], i: number): Promise<void> {
    const path = `/v1/apps/app-${i}.example./endpoints/sfo`
    for (let weight = 1, turn = i; !this.#isOver; weight++) {
      const central = centrals[turn % centrals.length]
      if (central === undefined) throw new Error('there is no central')
      const answer = await put(central, path, { addresses: ADDRESSES, weight })
      if (answer?.ok === true) {
        weights.push(weight)
        this.acknowledgements++
        continue
      }
      // It may have been written or not; the next central is asked for the next one.
      turn++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** The weights in the log, in its order, by client. */
function weightsIn(payloads: readonly string[]): readonly (readonly number[])[] {
  const weights: number[][] = Array.from({ length: CLIENTS }, () => [])
  for (const payload of payloads) {
    const change: unknown = JSON.parse(payload)
    const events = isRecord(change) && Array.isArray(change['events']) ? change['events'] : []
    for (const event of events) {
      if (!isRecord(event) || event['type'] !== 'endpoint-put' || !isRecord(event['endpoint']))
        continue
      const client = /^app-(\d+)\./.exec(String(event['app']))?.[1]
      weights[Number(client)]?.push(Number(event['endpoint']['weight']))
    }
  }
  return weights
}

async function prepare(centrals: readonly CentralUnderTest[]): Promise<void> {
  await centrals[0]?.apply({
    clusters: [{ id: 'sfo', latitude: 37.6, longitude: -122.4 }],
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: Array.from({ length: CLIENTS }, (_, i) => ({ name: `app-${i}.example`, endpoints: [] })),
  })
  await agreement(centrals)
}

/** `meridian log verify` of each central finds its log whole, up to a version with that hash. */
async function verify(
  centrals: readonly CentralUnderTest[],
  { version, hash }: Position,
  optionsOf: (central: CentralUnderTest) => readonly string[],
): Promise<void> {
  for (const central of centrals) {
    const { code, out, err } = await callCli(['log', 'verify', ...optionsOf(central)])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`^head +${version}\nhash +${hash}\nchanges +${version}\n`))
  }
}

/** Nothing that was acknowledged is lost, nothing came twice, and all centrals are the same. */
async function check(history: History, centrals: readonly CentralUnderTest[]): Promise<void> {
  const position = await agreement(centrals, 30_000)
  const { version } = position
  const tokenFile = mesh.folder.write('token', token)
  await verify(centrals, position, ({ url }) => ['--url', url, '--token-file', tokenFile])
  for (const central of centrals) await central.end()
  await verify(centrals, position, (central) => ['--data-dir', mesh.dataDir(central)])
  const logs = centrals.map((central) => mesh.payloads(central))
  for (const log of logs) expect(log).toEqual(logs[0])
  expect(logs[0]).toHaveLength(version)
  const written = weightsIn(logs[0] ?? [])
  for (const [client, weights] of written.entries()) {
    // Each once, in the order of the client.
    expect(weights).toEqual([...new Set(weights)].sort((a, b) => a - b))
    const lost = history.acknowledged[client]?.filter((weight) => !weights.includes(weight))
    expect({ client, lost }).toEqual({ client, lost: [] })
  }
}

test('three centrals: each of them and the broker are killed in the middle of writes and come back', async () => {
  const centrals = await mesh.startCentrals('killed', 3, { answerTimeoutMs: 3_000 })
  await prepare(centrals)
  const history = new History()
  history.begin(centrals)
  await history.more(200)
  for (const central of centrals) {
    await central.end('SIGKILL')
    await history.more(200)
    await central.start()
    await history.more(100)
  }
  await mesh.broker.end('SIGKILL')
  await mesh.broker.start()
  await history.more(200)
  await history.end()
  expect(history.acknowledgements).toBeGreaterThan(1_000)
  await check(history, centrals)
}, 120_000)
