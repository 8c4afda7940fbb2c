import { describe, expect, it } from 'vitest'
import { machine, vm1 } from '../model/machines.fixture.ts'
import { machineOf } from '../model/machines.ts'
import { by, TestMachines } from './keeper.fixture.ts'
import { startWebhook } from './webhook.fixture.ts'

describe('a machine that is to be ended when it is down', () => {
  const ended = { endAfterDownSeconds: 10, leaseSeconds: 600 }

  /** Registers it, and lets it be found down as by central's verdict. */
  async function failing(terminateUrl?: string): Promise<TestMachines> {
    const allow = terminateUrl === undefined ? [] : [terminateUrl]
    const mesh = await new TestMachines({ terminate: { allow } }).begin()
    const url = terminateUrl === undefined ? {} : { terminateUrl }
    await mesh.register(machine(vm1, '192.0.2.1', { ...ended, ...url }))
    const { app, cluster } = vm1
    const verdict = { app, cluster, state: 'down', sinceEpoch: 1, reports: [] } as const
    await mesh.registry.submit({ plan: () => [{ type: 'put-verdict', verdict }], ...by })
    mesh.down = [{ app, cluster, run: '1' }]
    return mesh
  }

  it('is withdrawn, ended and unregistered for its health, each an event', async () => {
    const hook = await startWebhook(200)
    const mesh = await failing(hook.url)
    await mesh.pass(9_000)
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe(undefined)
    await mesh.pass(3_000)
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe('failed-health')
    await expect.poll(() => mesh.keeper.stats.terminations.ok).toBe(1)
    await mesh.pass(250)
    const why = 'failed-health'
    const events = [...mesh.log.read(3)].flatMap((record) => record.events)
    expect(events).toMatchObject([
      { type: 'machine-withdrawn', why },
      { type: 'machine-terminated', why, ok: true },
      { type: 'machine-unregistered', why },
      { type: 'endpoint-deleted' },
    ])
    expect(hook.asked).toMatchObject([{ body: { why } }])
    expect(mesh.keeper.stats).toMatchObject({ failed: 1, expired: 0 })
  })

  it('does not come back by renewing while it is ended', async () => {
    const hook = await startWebhook('hang')
    const mesh = await failing(hook.url)
    await mesh.pass(12_000)
    const again = machine(vm1, '192.0.2.1', { ...ended, terminateUrl: hook.url })
    expect(mesh.keeper.renew(vm1)).toBe('unknown')
    expect(await mesh.register(again)).toMatchObject({
      ok: false,
      rejection: { code: 'machine-ending' },
    })
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe('failed-health')
  })

  it('is left alone when the log has another verdict by then', async () => {
    const mesh = await failing()
    const { app, cluster } = vm1
    await mesh.pass(9_000)
    const verdict = { app, cluster, state: 'unknown', sinceEpoch: 2, reports: [] } as const
    void mesh.registry.submit({ plan: () => [{ type: 'put-verdict', verdict }], ...by })
    await mesh.pass(10_000)
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe(undefined)
    expect(mesh.keeper.stats.failed).toBe(0)
  })

  it('has its time anew after a pause of central', async () => {
    const mesh = await failing()
    await mesh.pass(9_000)
    mesh.clock.advance(60_000)
    await mesh.pass(10_000)
    expect(machineOf(mesh.registry.state, vm1)).not.toBe(undefined)
    await mesh.pass(2_000)
    expect(machineOf(mesh.registry.state, vm1)).toBe(undefined)
  })
})
