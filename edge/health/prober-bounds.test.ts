import { createServer } from 'node:net'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { registerHealthMetrics } from './metrics.ts'
import { TestServers } from './probe-fixture.ts'
import type { ProbeResult } from './probe.ts'
import { Prober } from './prober.ts'
import { createFixture, taskOf, turn } from './prober-fixture.ts'
import type { Finding } from './task.ts'

const servers = new TestServers()
const check = { type: 'tcp', intervalMs: 1_000, timeoutMs: 200 } as const

/** Chance by which each comes a little after the one before. */
function rising(): () => number {
  let calls = 0
  return () => calls++ / 100_000
}

it('never runs more than probesMax; the others wait in order, and are counted as late', async () => {
  const { time, network, prober } = createFixture({ probesMax: 3, random: rising() })
  network.answer = () => undefined
  await prober.start()
  for (let id = 0; id < 10; id++) prober.put(taskOf(id))
  await time.advance(10)
  expect([prober.running, prober.waiting]).toEqual([3, 7])
  await time.advance(690)
  expect(network.runningMost).toBe(3)
  // Each has one place until its timeout, 200 ms: the tenth begins in the fourth turn.
  expect(new Set(network.begun.map(({ app }) => app)).size).toBe(10)
  const apps = network.begun.slice(0, 10).map(({ app }) => app)
  expect(apps).toEqual(Array.from({ length: 10 }, (_, id) => `app${id}.example.org.`))
  // 3 wait for 210 ms, 3 for 410, 1 for 610; then 2 for 400 that are due again.
  expect(prober.stats.delayedMs).toBeGreaterThanOrEqual(3_200)
  expect(prober.stats.delayedMs).toBeLessThan(3_400)
})

it('a probe that ignores its end costs its own place and address, nothing else', async () => {
  const { time, network, prober } = createFixture({ probesMax: 2 })
  let finish: (result: ProbeResult) => void = () => undefined
  network.answer = ({ app }) =>
    app === 'app0.example.org.'
      ? new Promise<ProbeResult>((resolve) => {
          finish = resolve
        })
      : { ok: true }
  await prober.start()
  prober.put(taskOf(0))
  prober.put(taskOf(1))
  await time.advance(20_000)
  expect(prober.running).toBe(1)
  const begun = (id: number): number =>
    network.begun.filter(({ app }) => app === `app${id}.example.org.`).length
  expect([begun(0), begun(1) > 15]).toEqual([1, true])
  finish({ ok: true })
  await time.advance(2_000)
  expect(begun(0)).toBeGreaterThan(1)
  expect(network.doubled).toEqual([])
})

it('what waits is forgotten with its task', async () => {
  const { time, network, prober } = createFixture({ probesMax: 1, random: rising() })
  network.answer = () => undefined
  await prober.start()
  for (let id = 0; id < 5; id++) prober.put(taskOf(id))
  await time.advance(10)
  for (let id = 1; id < 4; id++) prober.delete(id)
  expect(prober.waiting).toBe(1)
  await time.advance(300)
  expect(network.begun.map(({ app }) => app)).toEqual(['app0.example.org.', 'app4.example.org.'])
})

it('after clear and stop nothing is under way, and no timer is set', async () => {
  const { time, network, prober } = createFixture()
  network.answer = () => undefined
  await prober.start()
  for (let id = 0; id < 20; id++) prober.put(taskOf(id))
  await time.advance(600)
  expect([prober.running, time.timers]).toEqual([20, 1])
  prober.clear()
  await turn()
  expect([prober.size, prober.running, prober.waiting]).toEqual([0, 0, 0])
  prober.put(taskOf(1))
  await time.advance(600)
  await prober.stop()
  expect([prober.size, prober.running, network.running, time.timers]).toEqual([0, 0, 0, 0])
})

it('a stop waits a second for a probe that does not end, and no longer', async () => {
  const { time, network, prober } = createFixture()
  network.answer = () => new Promise<ProbeResult>(() => undefined)
  await prober.start()
  prober.put(taskOf(1))
  await time.advance(600)
  let isStopped = false
  const stop = async (): Promise<void> => {
    await prober.stop()
    isStopped = true
  }
  const stopped = stop()
  await time.advance(990)
  expect(isStopped).toBe(false)
  await time.advance(20)
  await stopped
  expect([isStopped, time.timers]).toEqual([true, 0])
})

it('probes the network, turns with it, and leaves no socket open', async () => {
  const server = createServer((socket) => void socket.resume())
  const port = await servers.listen(server)
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((of) => of === 'TCPSocketWrap').length
  const before = sockets()
  const findings: Finding[] = []
  const prober = new Prober({
    options: { probesMax: 8, commands: {} },
    clock: systemClock,
    random: Math.random,
    logger: createLogger('silent', {}),
    onFinding: (finding) => findings.push(finding),
  })
  await prober.start()
  const states = (id: number): string[] =>
    findings.filter(({ task }) => task === id).map(({ state }) => state)
  const given = {
    addresses: ['127.0.0.1'],
    port,
    check: { ...check, intervalMs: 100, timeoutMs: 100 },
  }
  prober.put(taskOf(1, given))
  prober.put(taskOf(2, { ...given, state: 'down' }))
  await expect.poll(() => states(1), { timeout: 5_000 }).toEqual(['up'])
  await expect.poll(() => states(2), { timeout: 5_000 }).toEqual(['down', 'up'])
  server.close()
  await expect.poll(() => states(1), { timeout: 5_000 }).toEqual(['up', 'down'])
  expect(findings.find(({ task, state }) => task === 1 && state === 'down')?.detail).toBe(
    '127.0.0.1 connection refused',
  )
  await prober.stop()
  expect(prober.running).toBe(0)
  await expect.poll(sockets).toBe(before)
})

it('shows all this in metrics', async () => {
  const { time, network, prober } = createFixture({ probesMax: 2, random: () => 0 })
  const register = new Registry()
  registerHealthMetrics(register, prober, {
    refused: { invalid: 4, 'too-many': 5 },
    isCutOff: () => true,
  })
  network.answer = ({ app }) => (app === 'app1.example.org.' ? { ok: true } : undefined)
  await prober.start()
  prober.put(taskOf(1, { check: { ...check, intervalMs: 100_000 } }))
  for (let id = 2; id < 6; id++)
    prober.put(taskOf(id, { check: { ...check, intervalMs: 100_000 } }))
  await time.advance(10)
  const text = await register.metrics()
  for (const line of [
    'meridian_edge_health_tasks 5',
    'meridian_edge_health_tasks_refused_total{reason="invalid"} 4',
    'meridian_edge_health_tasks_refused_total{reason="too-many"} 5',
    'meridian_edge_health_probes_total{type="tcp",result="good"} 1',
    'meridian_edge_health_probes_total{type="command",result="unknown"} 0',
    'meridian_edge_health_probes_running 2',
    'meridian_edge_health_probes_waiting 2',
    'meridian_edge_health_cut_off 1',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  await time.advance(300)
  expect(await register.metrics()).toContain('{type="tcp",result="bad"} 2')
  expect(await register.metrics()).toMatch(/meridian_edge_health_probe_delay_seconds_total 0\.4\d*/)
})
