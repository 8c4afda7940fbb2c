import { Registry as MetricRegistry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createFailingLog } from '../health/keeper.fixture.ts'
import { machine, vm1, vm2 } from '../model/machines.fixture.ts'
import { machineOf } from '../model/machines.ts'
import { by, TestMachines } from './keeper.fixture.ts'
import { registerMachineMetrics } from './metrics.ts'
import { startWebhook } from './webhook.fixture.ts'

describe('a lease', () => {
  it('is renewed by the same request, without an event', async () => {
    const mesh = await new TestMachines().begin()
    const vm = machine(vm1, '192.0.2.1')
    expect(await mesh.register(vm)).toMatchObject({ ok: true, isNew: true, version: 2 })
    for (let i = 0; i < 10; i++) {
      await mesh.pass(29_000)
      const renewed = await mesh.register(vm)
      const renewBeforeEpoch = mesh.clock.epochMs() + 30_000
      expect(renewed).toMatchObject({ ok: true, isNew: false, version: 2, renewBeforeEpoch })
      expect(mesh.keeper.leaseEndsEpoch(vm1)).toBe(renewBeforeEpoch)
    }
    expect(mesh.registry.version).toBe(2)
    expect(mesh.keeper.stats.renewals).toBe(10)
  })

  it('that ends takes the machine out', async () => {
    const mesh = await new TestMachines().begin()
    await mesh.register(machine(vm1, '192.0.2.1'))
    await mesh.register(machine(vm2, '192.0.2.2', { leaseSeconds: 60 }))
    await mesh.pass(31_000)
    expect(machineOf(mesh.registry.state, vm1)).toBe(undefined)
    expect(machineOf(mesh.registry.state, vm2)).not.toBe(undefined)
    expect(mesh.types.slice(3)).toEqual(['machine-withdrawn', 'machine-unregistered'])
    expect(mesh.keeper.stats.expired).toBe(1)
  })

  it('that ended may be had anew', async () => {
    const mesh = await new TestMachines().begin()
    await mesh.register(machine(vm1, '192.0.2.1'))
    await mesh.pass(31_000)
    expect(await mesh.register(machine(vm1, '192.0.2.1'))).toMatchObject({ ok: true, isNew: true })
    await mesh.pass(29_000)
    expect(machineOf(mesh.registry.state, vm1)).not.toBe(undefined)
  })

  it('may be renewed until its end is being written', async () => {
    const mesh = await new TestMachines().begin()
    const vm = machine(vm1, '192.0.2.1')
    await mesh.register(vm)
    mesh.clock.advance(1_000)
    mesh.keeper.tick()
    for (let i = 0; i < 29; i++) {
      mesh.clock.advance(1_000)
      mesh.keeper.tick()
    }
    // The end was seen by the last tick, and is decided in the next turn of the event loop.
    expect(await mesh.register(vm)).toMatchObject({ ok: true, isNew: false })
    await mesh.pass(29_000)
    expect(mesh.registry.version).toBe(2)
  })

  it('of a machine that has other addresses is a new one', async () => {
    const mesh = await new TestMachines().begin()
    await mesh.register(machine(vm1, '192.0.2.1'))
    await mesh.pass(20_000)
    expect(await mesh.register(machine(vm1, '192.0.2.2'))).toMatchObject({ version: 3 })
    await mesh.pass(29_000)
    expect(machineOf(mesh.registry.state, vm1)?.value.addresses).toEqual(['192.0.2.2'])
  })

  it.each([
    [{}, 'renewed'],
    [{ version: 2 }, 'renewed'],
    [{ version: 2, address: '192.0.2.1' }, 'renewed'],
    [{ version: 1 }, 'changed'],
    [{ version: 3 }, 'changed'],
    [{ address: '192.0.2.2' }, 'changed'],
  ])('is renewed where the machine is as the sender thinks: %j, %s', async (as, renewal) => {
    const mesh = await new TestMachines().begin()
    await mesh.register(machine(vm1, '192.0.2.1'))
    await mesh.pass(20_000)
    expect(mesh.keeper.renew(vm1, as)).toBe(renewal)
    await mesh.pass(20_000)
    expect(machineOf(mesh.registry.state, vm1) !== undefined).toBe(renewal === 'renewed')
    expect(mesh.keeper.renew(vm2, as)).toBe('unknown')
  })

  it('ends with the machine', async () => {
    const mesh = await new TestMachines().begin()
    await mesh.register(machine(vm1, '192.0.2.1'))
    expect(await mesh.keeper.unregister(vm1, 'left', by)).toMatchObject({ ok: true })
    expect(mesh.keeper.leaseEndsEpoch(vm1)).toBe(undefined)
    const again = await mesh.keeper.unregister(vm1, 'left', by)
    expect(again).toMatchObject({ ok: false, rejection: { code: 'not-found' } })
    await mesh.pass(40_000)
    expect(mesh.registry.version).toBe(3)
  })
})

it('leases of machines that are gone are dropped when there are too many', async () => {
  const mesh = await new TestMachines().begin()
  const vms = ['vm-1', 'vm-2', 'vm-3', 'vm-4'].map((id) => ({ ...vm1, machine: id }))
  for (const at of vms.slice(0, 3)) await mesh.register(machine(at, '192.0.2.1'))
  const { app, cluster } = vm1
  await mesh.registry.submit({ plan: () => [{ type: 'delete-endpoint', app, cluster }], ...by })
  expect(vms.map((at) => mesh.keeper.leaseEndsEpoch(at) !== undefined)).toEqual([
    true,
    true,
    true,
    false,
  ])
  for (const at of vms.slice(3)) await mesh.register(machine(at, '192.0.2.1'))
  expect(vms.map((at) => mesh.keeper.leaseEndsEpoch(at) !== undefined)).toEqual([
    false,
    false,
    false,
    true,
  ])
})

describe('after a start', () => {
  it('every machine has its lease and the grace time', async () => {
    const before = await new TestMachines().begin()
    await before.register(machine(vm1, '192.0.2.1'))
    const mesh = new TestMachines({ graceSeconds: 10 }, before.log)
    await mesh.keeper.start()
    await mesh.pass(39_000)
    expect(mesh.registry.version).toBe(2)
    await mesh.pass(2_000)
    expect(machineOf(mesh.registry.state, vm1)).toBe(undefined)
  })

  it('one that was being ended is ended', async () => {
    const hook = await startWebhook(200)
    const before = await new TestMachines().begin()
    await before.register(machine(vm1, '192.0.2.1', { terminateUrl: hook.url }))
    await before.registry.submit({
      plan: () => [{ type: 'withdraw-machine', ...vm1, why: 'lease-expired', version: 2 }],
      ...by,
    })
    const mesh = new TestMachines({ terminate: { allow: [hook.url] } }, before.log)
    await mesh.keeper.start()
    await expect
      .poll(async () => {
        await mesh.pass(250)
        return machineOf(mesh.registry.state, vm1)
      })
      .toBe(undefined)
    expect(hook.asked).toHaveLength(1)
  })
})

it('a pause of central ends no lease', async () => {
  const mesh = await new TestMachines({ graceSeconds: 10 }).begin()
  await mesh.register(machine(vm1, '192.0.2.1'))
  await mesh.keeper.start()
  mesh.clock.advance(300_000)
  await mesh.pass(39_000)
  expect(machineOf(mesh.registry.state, vm1)).not.toBe(undefined)
  await mesh.pass(2_000)
  expect(machineOf(mesh.registry.state, vm1)).toBe(undefined)
})

describe('a machine with a URL that ends it', () => {
  it('is withdrawn, ended and unregistered, each an event', async () => {
    const hook = await startWebhook(200)
    const mesh = await new TestMachines({ terminate: { allow: [hook.url] } }).begin()
    await mesh.register(machine(vm1, '192.0.2.1', { terminateUrl: hook.url }))
    await mesh.pass(31_000)
    await expect.poll(() => mesh.keeper.stats.terminations.ok).toBe(1)
    await mesh.pass(250)
    expect(mesh.types).toEqual([
      'endpoint-put',
      'machine-registered',
      'machine-withdrawn',
      'machine-terminated',
      'machine-unregistered',
      'endpoint-deleted',
    ])
  })

  it('is ended when it says that it is unhealthy', async () => {
    const hook = await startWebhook(200)
    const mesh = await new TestMachines({ terminate: { allow: [hook.url] } }).begin()
    await mesh.register(machine(vm1, '192.0.2.1', { terminateUrl: hook.url }))
    await mesh.keeper.unregister(vm1, 'unhealthy', by)
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe('unhealthy')
    await expect.poll(() => hook.asked).toMatchObject([{ body: { why: 'unhealthy' } }])
  })

  it('that comes back meanwhile is in', async () => {
    const hook = await startWebhook('hang')
    const mesh = await new TestMachines({ terminate: { allow: [hook.url] } }).begin()
    const vm = machine(vm1, '192.0.2.1', { terminateUrl: hook.url })
    await mesh.register(vm)
    await mesh.pass(31_000)
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe('lease-expired')
    expect(await mesh.register(vm)).toMatchObject({ ok: true, isNew: false })
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe(undefined)
    await mesh.pass(29_000)
    expect(machineOf(mesh.registry.state, vm1)?.out).toBe(undefined)
  })
})

it('what the log does not take is written when it does', async () => {
  const { log, setFull } = createFailingLog()
  const mesh = await new TestMachines({}, log).begin()
  await mesh.register(machine(vm1, '192.0.2.1'))
  setFull(true)
  await mesh.pass(35_000)
  expect(machineOf(mesh.registry.state, vm1)).not.toBe(undefined)
  setFull(false)
  await mesh.pass(1_000)
  expect(machineOf(mesh.registry.state, vm1)).toBe(undefined)
  expect(mesh.keeper.stats.expired).toBe(1)
})

it('metrics show machines and what became of them', async () => {
  const hook = await startWebhook(200)
  const mesh = await new TestMachines({ terminate: { allow: [hook.url] } }).begin()
  const register = new MetricRegistry()
  registerMachineMetrics(register, mesh.registry.state, mesh.keeper)
  const vm = machine(vm1, '192.0.2.1', { leaseSeconds: 3_600 })
  await mesh.register(vm)
  await mesh.register(vm)
  await mesh.register(machine(vm2, '192.0.2.2', { terminateUrl: hook.url }))
  await mesh.pass(31_000)
  await expect.poll(() => mesh.keeper.stats.terminations.ok).toBe(1)
  await mesh.pass(250)
  const lines = (await register.metrics()).split('\n')
  for (const line of [
    'meridian_central_machines 1',
    'meridian_central_machines_renewals_total 1',
    'meridian_central_machines_expired_total 1',
    'meridian_central_machines_failed_total 0',
    'meridian_central_machines_terminations_total{result="ok"} 1',
    'meridian_central_machines_terminations_total{result="failed"} 0',
  ]) {
    expect(lines).toContain(line)
  }
})
