import { afterAll, beforeAll, expect, it } from 'vitest'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, TestFolder, token } from '../support/mesh.ts'
import { ProgramUnderTest, until } from '../support/program.ts'

const LEASE_SECONDS = 5
const RENEWALS = 'meridian_central_machines_renewals_total'
const RENEWED = 'meridian_central_renewal_datagrams_total{result="renewed"}'
const KEYS = 'meridian_central_renewal_keys'

/** A central with one app, and agents of its machines. */
class Machines {
  readonly #folder = new TestFolder()
  readonly #agents: ProgramUnderTest[] = []
  readonly central: CentralUnderTest

  constructor(config: Readonly<Record<string, unknown>> = {}) {
    this.central = new CentralUnderTest(this.#folder, config)
  }

  async start(): Promise<void> {
    await this.central.start()
    await this.central.apply({
      clusters: pops(),
      zones: [{ apex: 'example', ns: ['ns.example'] }],
      apps: [{ name: 'video.example' }],
    })
  }

  /** Runs an agent that has registered its machine. */
  async register(machine: string, ...flags: readonly string[]): Promise<ProgramUnderTest> {
    const args = ['--app', 'video.example', '--cluster', 'sfo', '--machine', machine]
    const lease = ['--lease-seconds', String(LEASE_SECONDS), '--central', this.central.url]
    const agent = new ProgramUnderTest(['agent', ...args, ...lease, ...flags], {
      env: { MERIDIAN_TOKEN: token },
    })
    this.#agents.push(agent)
    await agent.logged('registered')
    return agent
  }

  async end(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.end('SIGKILL')))
    await this.central.end()
    this.#folder.remove()
  }

  /** Metrics of central at one moment, with their labels; 0 where it has none of a name. */
  async metrics(...names: readonly string[]): Promise<readonly number[]> {
    const text = await (await this.central.call('GET', '/metrics')).text()
    const lines = text.split('\n')
    return names.map((name) => {
      const line = lines.find((each) => each.startsWith(`${name} `))
      return Number(line?.slice(name.length) ?? 0)
    })
  }

  async grows(name: string, wanted: number): Promise<void> {
    await until(`${name} to be ${wanted}`, async () => {
      const [value = 0] = await this.metrics(name)
      return value >= wanted ? true : undefined
    })
  }

  /** What the log has of its machines: nothing but that they came, while no lease has ended. */
  async events(): Promise<readonly string[]> {
    const text = await (await this.central.call('GET', '/v1/events?limit=1000')).text()
    return text.match(/machine-[a-z]+/g) ?? []
  }
}

const machines = new Machines()
const withoutDatagrams = new Machines({ machines: { datagrams: { enabled: false } } })
let agent: ProgramUnderTest

beforeAll(async () => {
  await Promise.all([machines.start(), withoutDatagrams.start()])
  agent = await machines.register('vm-1')
  await withoutDatagrams.register('vm-1')
})
afterAll(async () => {
  await Promise.all([machines.end(), withoutDatagrams.end()])
})

it('an agent renews its lease by datagrams, and by nothing else', async () => {
  // Each a third of the lease after the last: without them it would have ended.
  await machines.grows(RENEWED, 4)
  const [renewed, ofAllKinds] = await machines.metrics(RENEWED, RENEWALS)
  expect(ofAllKinds).toBe(renewed)
  expect(await machines.events()).toEqual(['machine-registered'])
})

it('an agent of a central that takes none renews over REST', async () => {
  await withoutDatagrams.grows(RENEWALS, 2)
  expect(await withoutDatagrams.metrics(RENEWED)).toEqual([0])
  expect(await withoutDatagrams.events()).toEqual(['machine-registered'])
})

it('an agent that is to send none asks for no key', async () => {
  // That would be before it says that it has registered.
  const other = await machines.register('vm-2', '--no-datagrams')
  expect(await machines.metrics(KEYS)).toEqual([1])
  expect((await other.end()).code).toBe(0)
})

it('an agent of a central that was killed and is back renews by datagrams again', async () => {
  const before = await machines.events()
  await machines.central.end('SIGKILL')
  await agent.logged('central cannot be told')
  await machines.central.start()
  await machines.grows(RENEWED, 1)
  // The first was over REST: with it came the key that the next are made with.
  const [renewed = 0, ofAllKinds] = await machines.metrics(RENEWED, RENEWALS)
  expect(ofAllKinds).toBeGreaterThan(renewed)
  expect(await machines.events()).toEqual(before)
  expect((await agent.end()).code).toBe(0)
  expect(await machines.events()).toEqual([...before, 'machine-unregistered'])
})
