import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../shared/log.ts'
import { startFakeCentral, type FakeCentral, type FakeReply } from '../cli.fixture.ts'
import { Agent } from './agent.ts'
import type { AgentParts } from './agent.ts'
import type { Measured } from './load-command.ts'
import { Registrar } from './registrar.ts'

const body = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1', leaseSeconds: 5 }
const PUT = 'PUT /v1/register'
const RENEW = 'POST /v1/renewals/video.example./sfo/vm-1?version=7&from=machine'
const leave = (why: string): string =>
  `DELETE /v1/register?app=video.example.&cluster=sfo&machine=vm-1&why=${why}&wait=edges&waitSeconds=3`

const fine = { status: 201, body: { version: 7 } }
const gone = { status: 204 }

async function startCentral(
  script: Readonly<Record<string, FakeReply | readonly FakeReply[]>> = {},
): Promise<FakeCentral> {
  const central = await startFakeCentral({
    [PUT]: fine,
    [RENEW]: gone,
    [leave('left')]: gone,
    [leave('unhealthy')]: gone,
    ...script,
  })
  onTestFinished(() => central.close())
  return central
}

/** An agent with a lease that is renewed every 30 ms or so; it is stopped with the test. */
async function startAgent(
  centrals: readonly Pick<FakeCentral, 'url'>[],
  parts: Partial<AgentParts> = {},
): Promise<Agent> {
  const targets = centrals.map(({ url }) => ({ url, from: '--central' }))
  const agent = new Agent({
    registrar: new Registrar(targets, body),
    check: undefined,
    checkMs: 5,
    fall: 2,
    rise: 1,
    measureLoad: undefined,
    loadMs: 5,
    leaseMs: 90,
    whyUnhealthy: 'left',
    random: () => 0.5,
    logger: createLogger('silent', {}),
    ...parts,
  })
  await agent.start()
  onTestFinished(() => agent.stop().catch(() => undefined))
  return agent
}

const linesOf = ({ seen }: FakeCentral): readonly string[] => seen.map(({ line }) => line)

describe('an agent', () => {
  it('registers, renews, and unregisters when it is stopped', async () => {
    const central = await startCentral()
    const agent = await startAgent([central])
    await expect.poll(() => linesOf(central).length).toBeGreaterThan(3)
    await agent.stop()
    const lines = linesOf(central)
    expect([lines[0], lines.at(-1)]).toEqual([PUT, leave('left')])
    expect(new Set(lines.slice(1, -1))).toEqual(new Set([RENEW]))
    expect(central.seen[0]?.body).toEqual(body)
  })

  it('is content when it was not registered any more', async () => {
    const central = await startCentral({ [leave('left')]: { status: 404, body: {} } })
    const agent = await startAgent([central])
    await expect.poll(() => linesOf(central).length).toBeGreaterThan(0)
    await expect(agent.stop()).resolves.toBe(undefined)
  })

  it('says so when it cannot unregister', async () => {
    const central = await startCentral({ [leave('left')]: { status: 503, body: {} } })
    const agent = await startAgent([central])
    await expect.poll(() => linesOf(central).length).toBeGreaterThan(0)
    await expect(agent.stop()).rejects.toThrow(/still registered: DELETE .*503/)
  })

  it('goes on when central says no, and registers when it says yes', async () => {
    const no = { status: 409, body: { detail: 'app video.example. is not registered' } }
    const central = await startCentral({ [PUT]: [no, no, fine] })
    await startAgent([central])
    await expect.poll(() => linesOf(central).length).toBeGreaterThan(3)
  })
})

describe('of several centrals', () => {
  it('the next is taken when one does not answer, and stays there', async () => {
    const dead = await startCentral()
    await dead.close()
    const second = await startCentral()
    await startAgent([dead, second])
    await expect.poll(() => linesOf(second).length).toBeGreaterThan(2)
  })

  it('the next is taken when one fails, but not when one refuses', async () => {
    const failing = await startCentral({ [PUT]: { status: 503, body: {} } })
    const refusing = await startCentral({ [PUT]: { status: 422, body: {} } })
    const third = await startCentral()
    await startAgent([failing, refusing, third])
    await expect.poll(() => linesOf(refusing).length).toBeGreaterThan(1)
    expect(linesOf(failing)).toContain(PUT)
    expect(linesOf(third)).toEqual([])
  })
})

describe('the local service', () => {
  /** A check that finds what the test says. */
  function createService(): { isUp: boolean; looks: number; check: AgentParts['check'] } {
    const service = {
      isUp: true,
      looks: 0,
      check: () => {
        service.looks++
        return Promise.resolve({ ok: service.isUp, detail: '' })
      },
    }
    return service
  }

  it('has to work before the machine is registered', async () => {
    const central = await startCentral()
    const service = createService()
    service.isUp = false
    await startAgent([central], { check: service.check })
    await expect.poll(() => service.looks).toBeGreaterThan(5)
    expect(linesOf(central)).toEqual([])
    service.isUp = true
    await expect.poll(() => linesOf(central)).toContain(PUT)
  })

  it.each(['left', 'unhealthy'] as const)(
    'that fails has the machine unregistered (%s), until it works again',
    async (whyUnhealthy) => {
      const central = await startCentral()
      const service = createService()
      await startAgent([central], { check: service.check, whyUnhealthy })
      await expect.poll(() => linesOf(central)).toContain(PUT)
      service.isUp = false
      await expect.poll(() => linesOf(central).at(-1)).toBe(leave(whyUnhealthy))
      const { length } = linesOf(central)
      const looks = service.looks + 10
      await expect.poll(() => service.looks).toBeGreaterThan(looks)
      expect(linesOf(central)).toHaveLength(length)
      service.isUp = true
      await expect.poll(() => linesOf(central)[length]).toBe(PUT)
    },
  )

  it('has to fail so often in a row', async () => {
    const central = await startCentral()
    let looks = 0
    // Never twice in a row.
    const check = (): Promise<{ ok: boolean; detail: string }> =>
      Promise.resolve({ ok: looks++ % 2 === 0, detail: '' })
    await startAgent([central], { check, fall: 2 })
    await expect.poll(() => looks).toBeGreaterThan(20)
    expect(new Set([...linesOf(central), RENEW])).toEqual(new Set([PUT, RENEW]))
  })

  it('that fails before the stop leaves nothing to unregister', async () => {
    const central = await startCentral()
    const service = createService()
    const agent = await startAgent([central], { check: service.check })
    await expect.poll(() => linesOf(central)).toContain(PUT)
    service.isUp = false
    await expect.poll(() => linesOf(central).at(-1)).toBe(leave('left'))
    const { length } = linesOf(central)
    await agent.stop()
    expect(linesOf(central)).toHaveLength(length)
  })
})

describe('the load of the machine', () => {
  /** Renewed for nothing but the load. */
  const leaseMs = 600_000

  const renewWith = (load: number): string => `${RENEW}&load=${load}`

  /** A central that takes these loads. */
  const startTaking = (loads: readonly number[], reply: FakeReply = gone): Promise<FakeCentral> =>
    startCentral(Object.fromEntries(loads.map((load) => [renewWith(load), reply])))

  /** A measurement that ends when the test says, or with the agent. */
  function createMeter() {
    const meter = {
      runs: 0,
      running: 0,
      end: (_measured: Measured): void => undefined,
      measureLoad: async (signal: AbortSignal): Promise<Measured> => {
        meter.runs++
        meter.running++
        const measured = await new Promise<Measured>((resolve) => {
          meter.end = resolve
          signal.addEventListener('abort', () => resolve({ ok: false, detail: 'stopped' }))
        })
        meter.running--
        return measured
      },
    }
    return meter
  }

  /** An agent that is registered and measures for the first time. */
  async function startMeasuring(central: FakeCentral, parts: Partial<AgentParts> = {}) {
    const meter = createMeter()
    const agent = await startAgent([central], { leaseMs, measureLoad: meter.measureLoad, ...parts })
    await expect.poll(() => [meter.runs, linesOf(central).length]).toEqual([1, 1])
    return { agent, meter }
  }

  it('is told with a renewal each time that it was measured', async () => {
    const central = await startTaking([10, 20])
    const { meter } = await startMeasuring(central)
    for (const [i, load] of [10, 20, 20].entries()) {
      await expect.poll(() => meter.runs).toBe(i + 1)
      meter.end({ ok: true, load })
      await expect.poll(() => linesOf(central).length).toBe(i + 2)
    }
    expect(linesOf(central)).toEqual([PUT, renewWith(10), renewWith(20), renewWith(20)])
  })

  it('is not told again when there is no other, though the lease is renewed', async () => {
    const central = await startTaking([40, 50])
    const lines: string[] = []
    const logger = pino({ level: 'info' }, { write: (line) => lines.push(line) })
    const { meter } = await startMeasuring(central, { logger })
    meter.end({ ok: true, load: 40 })
    await expect.poll(() => linesOf(central).length).toBe(2)
    for (let runs = 2; runs < 6; runs++) {
      await expect.poll(() => meter.runs).toBe(runs)
      meter.end({ ok: false, detail: runs < 4 ? 'no disk' : 'no program' })
    }
    await expect.poll(() => meter.runs).toBe(6)
    expect(linesOf(central)).toEqual([PUT, renewWith(40)])
    // Each trouble once, and its end.
    meter.end({ ok: true, load: 50 })
    await expect.poll(() => linesOf(central).length).toBe(3)
    const said = lines.join('').match(/no disk|no program|gives a load again/g)
    expect(said).toEqual(['no disk', 'no program', 'gives a load again'])
  })

  it('that was lost on the way is not told later', async () => {
    const central = await startTaking([55], { status: 503, body: {} })
    const { meter } = await startMeasuring(central)
    meter.end({ ok: true, load: 55 })
    await expect.poll(() => linesOf(central).length).toBe(3)
    expect(linesOf(central)).toEqual([PUT, renewWith(55), RENEW])
  })

  it('is measured by one run at a time, and by none after the stop', async () => {
    const central = await startCentral()
    const { agent, meter } = await startMeasuring(central, { loadMs: 1 })
    let looks = 0
    await expect.poll(() => [++looks > 5, meter.runs, meter.running]).toEqual([true, 1, 1])
    await agent.stop()
    expect([meter.runs, meter.running]).toEqual([1, 0])
    expect(linesOf(central)).toEqual([PUT, leave('left')])
  })

  it('is not told of a machine that is not registered, as its service fails', async () => {
    const central = await startCentral()
    let isUp = true
    const check = () => Promise.resolve({ ok: isUp, detail: '' })
    const { meter } = await startMeasuring(central, { check })
    isUp = false
    await expect.poll(() => linesOf(central).at(-1)).toBe(leave('left'))
    meter.end({ ok: true, load: 60 })
    await expect.poll(() => meter.runs).toBe(2)
    expect(linesOf(central)).toEqual([PUT, leave('left')])
  })
})
