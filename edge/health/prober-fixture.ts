import { ManualClock } from '../../shared/clock.ts'
import type { z } from 'zod'
import { createLogger } from '../../shared/log.ts'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import type { Probe, ProbeResult, ProbeTarget } from './probe.ts'
import type { CheckTask, Finding } from './task.ts'
import { Prober } from './prober.ts'

/** A task of one address, unless told otherwise. */
export function taskOf(
  id: number,
  changed: Partial<Omit<CheckTask, 'check'>> & {
    readonly check?: z.input<typeof checkSchema>
  } = {},
): CheckTask {
  return {
    id,
    app: `app${id}.example.org.`,
    cluster: 'fra',
    addresses: ['192.0.2.1'],
    port: 80,
    state: 'unknown',
    ...changed,
    check: checkSchema.parse(changed.check ?? { type: 'tcp', intervalMs: 1_000, timeoutMs: 200 }),
  }
}

/** Time that stands still, with timers that go by it. */
export class ManualTime {
  readonly clock = new ManualClock()
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  readonly setTimer = (run: () => void, ms: number): (() => void) => {
    const timer = { at: this.clock.nowMs() + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets time go by; at each timer all that follows from it happens before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.nowMs() + ms
    for (;;) {
      const [next] = Array.from(this.#timers).sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.clock.advance(next.at - this.clock.nowMs())
      this.#timers.delete(next)
      next.run()
      await turn()
    }
    this.clock.advance(end - this.clock.nowMs())
    await turn()
  }
}

/** Lets all that is to happen at this moment happen. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve))
}

/** A probe whose results the test gives: what `answer` says, or none before it is aborted. */
class FakeNetwork {
  /** Each probe: when it was begun, and of which address. */
  readonly begun: { readonly at: number; readonly address: string; readonly app: string }[] = []
  running = 0
  runningMost = 0
  /** Addresses of which two were under way at once. */
  readonly doubled: string[] = []
  answer: (target: ProbeTarget) => ProbeResult | Promise<ProbeResult> | undefined = () => ({
    ok: true,
  })
  readonly #clock: ManualClock
  readonly #underWay = new Set<string>()

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  readonly probe: Probe = async (target, signal) => {
    const { address, app } = target
    this.begun.push({ at: this.#clock.nowMs(), address, app })
    const key = `${app} ${address}`
    if (this.#underWay.has(key)) this.doubled.push(key)
    this.#underWay.add(key)
    this.running++
    this.runningMost = Math.max(this.runningMost, this.running)
    try {
      return await (this.answer(target) ?? untilAborted(signal))
    } finally {
      this.running--
      this.#underWay.delete(key)
    }
  }
}

function untilAborted(signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, detail: 'too late' }))
  })
}

/** A prober over a fake network, in manual time. */
export function createFixture({
  probesMax = 256,
  random = (): number => 0.5,
}: { readonly probesMax?: number; readonly random?: () => number } = {}) {
  const time = new ManualTime()
  const network = new FakeNetwork(time.clock)
  const findings: Finding[] = []
  const prober = new Prober({
    options: { probesMax, commands: {} },
    clock: time.clock,
    random,
    logger: createLogger('silent', {}),
    onFinding: (finding) => findings.push(finding),
    probeOf: () => network.probe,
    setTimer: time.setTimer,
  })
  return { time, network, findings, prober }
}
