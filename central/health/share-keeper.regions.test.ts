import { Registry as MetricRegistry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../shared/log.ts'
import { registerShareMetrics } from './metrics.ts'
import { app, TestShares } from './share-keeper.fixture.ts'
import { ShareKeeper } from './share-keeper.ts'

describe('a region', () => {
  const regional = { share: 50, step: 20, everySeconds: 10 }

  it('is relieved step by step while too much of it is down, and brought back so', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    await shares.tell('w1', 'down')
    await shares.pass(30)
    expect(shares.of('w3')).toBe(0)
    await shares.tell('w2', 'down')
    const steps = [20, 40, 60, 80, 80].flatMap((percent) => Array<number>(10).fill(percent))
    expect(await shares.course('w3', 50)).toEqual(steps)
    expect(['e1', 'e2', 'none'].map((cluster) => shares.of(cluster))).toEqual([0, 0, 0])
    await shares.tell('w2', 'up')
    // The last step was more than 10 s ago.
    expect((await shares.course('w3', 35)).filter((_, i) => i % 10 === 0)).toEqual([60, 40, 20, 0])
    const register = new MetricRegistry()
    registerShareMetrics(register, shares.keeper)
    const text = await register.metrics()
    expect(text).toContain('meridian_central_health_share_steps_total{why="region"} 8\n')
    expect(text).toContain('meridian_central_health_withheld_regions 0\n')
  })

  it('is not relieved where all of it is down, and stays as it is then', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    await shares.tell('e1', 'down')
    await shares.tell('e2', 'down')
    await shares.pass(20)
    expect(shares.of('e1')).toBe(0)
    await shares.tell('w1', 'down')
    await shares.tell('w2', 'down')
    await shares.pass(12)
    await shares.tell('w3', 'down')
    await shares.pass(60)
    expect(shares.of('w3')).toBe(40)
    await shares.tell('w2', 'up')
    await shares.tell('w3', 'up')
    await shares.pass(1)
    expect(shares.of('w3')).toBe(20)
  })

  it('counts neither what is disabled nor the fallback set', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional, whenNotEnough: 'fallback', fallback: ['w1'] })
    await shares.tell('w2', 'down')
    await shares.pass(1)
    // One of two is not more than half.
    expect(shares.of('w3')).toBe(0)
    const endpoint = { cluster: 'w2', addresses: ['192.0.2.1'], weight: 1, priority: 0 }
    await shares.submit({ type: 'put-endpoint', app, endpoint: { ...endpoint, state: 'disabled' } })
    await shares.pass(1)
    expect(shares.of('w3')).toBe(0)
  })

  it('follows what is forced, and regions of clusters that change', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    await shares.tell('w1', 'down')
    const force = { sinceEpoch: 0, untilEpoch: 1e15, reason: 'why', actor: 'ops' }
    await shares.submit({
      type: 'force-endpoint',
      force: { app, cluster: 'w2', state: 'down', ...force },
    })
    await shares.pass(1)
    expect(shares.of('w3')).toBe(20)
    const w3 = shares.registry.state.clusters.get('w3')?.value
    if (w3 === undefined) throw new TypeError('w3 is gone')
    await shares.submit({ type: 'put-cluster', cluster: { ...w3, region: 'east' } })
    expect(shares.of('w3')).toBe(0)
    await shares.pass(60)
    // All that is left in the west is down: it stays, and nobody is there to be relieved.
    expect([shares.of('w1'), shares.of('w3')]).toEqual([20, 0])
  })

  it('is left alone when its app wants no relief any more', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    await shares.tell('w1', 'down')
    await shares.tell('w2', 'down')
    await shares.pass(15)
    expect(shares.of('w3')).toBe(40)
    await shares.putApp({})
    expect(shares.of('w3')).toBe(0)
    await shares.pass(15)
    expect(shares.of('w3')).toBe(0)
  })

  it('goes on after a restart where it was', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    await shares.tell('w1', 'down')
    await shares.tell('w2', 'down')
    await shares.pass(14)
    expect(shares.of('w3')).toBe(40)
    shares.restart()
    expect(await shares.course('w3', 8)).toEqual([40, 40, 40, 40, 40, 40, 60, 60])
  })

  it('is not relieved again right after a restart, though the log does not say when it was brought back', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    await shares.tell('w1', 'down')
    await shares.tell('w2', 'down')
    await shares.pass(1)
    await shares.tell('w2', 'up')
    expect(await shares.course('w3', 11)).toEqual([...Array<number>(9).fill(20), 0, 0])
    shares.restart()
    await shares.tell('w2', 'down')
    expect(await shares.course('w3', 11)).toEqual([...Array<number>(9).fill(0), 20, 20])
  })

  it('is not relieved right after another central has brought it back', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional })
    const onDuty = shares.keeper
    // It follows the same log, and may write once the other is gone.
    let mayWrite = false
    const { registry, clock } = shares
    const rejection = {
      code: 'precondition-failed' as const,
      detail: 'another central has the duties',
    }
    const standby = new ShareKeeper({
      registry: {
        state: registry.state,
        onChange: (listener) => registry.onChange(listener),
        submit: async (submission) =>
          mayWrite ? registry.submit(submission) : { ok: false, command: undefined, rejection },
      },
      clock,
      logger: createLogger('silent', {}),
    })
    const pass = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds * 2; i++) {
        await shares.pass(0.5)
        standby.tick()
      }
    }
    await shares.tell('w1', 'down')
    await shares.tell('w2', 'down')
    await pass(1)
    await shares.tell('w2', 'up')
    await pass(10)
    expect(shares.of('w3')).toBe(0)
    await onDuty.stop()
    mayWrite = true
    shares.keeper = standby
    await shares.tell('w2', 'down')
    // It has seen it half a second later.
    expect(await shares.course('w3', 11)).toEqual([...Array<number>(10).fill(0), 20])
  })

  it('counts beside a slow start as the larger of both', async () => {
    const shares = new TestShares()
    await shares.putApp({ regional: { ...regional, everySeconds: 2 }, slowStartSeconds: 8 })
    await shares.tell('w1', 'down')
    await shares.tell('w2', 'down')
    await shares.pass(5)
    expect(shares.of('w3')).toBe(60)
    await shares.tell('w2', 'up')
    expect([shares.of('w2'), shares.of('w3')]).toEqual([80, 60])
    await shares.pass(10)
    expect([shares.of('w2'), shares.of('w3')]).toEqual([0, 0])
  })
})
