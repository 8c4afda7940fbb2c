import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../shared/log.ts'
import { startFakeCentral, type FakeCentral, type FakeReply } from '../cli.fixture.ts'
import { Agent } from './agent.ts'
import type { AgentParts } from './agent.ts'
import { Registrar } from './registrar.ts'

const body = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1', leaseSeconds: 5 }
const PUT = 'PUT /v1/register'
const leave = (why: string): string =>
  `DELETE /v1/register?app=video.example.&cluster=sfo&machine=vm-1&why=${why}&wait=edges&waitSeconds=3`

const fine = { status: 201, body: { version: 7 } }
const gone = { status: 204 }

async function startCentral(
  script: Readonly<Record<string, FakeReply | readonly FakeReply[]>> = {},
): Promise<FakeCentral> {
  const central = await startFakeCentral({
    [PUT]: fine,
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
    expect(new Set(lines.slice(0, -1))).toEqual(new Set([PUT]))
    expect(lines.at(-1)).toBe(leave('left'))
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
      await expect.poll(() => linesOf(central).at(-1)).toBe(PUT)
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
    expect(new Set(linesOf(central))).toEqual(new Set([PUT]))
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
