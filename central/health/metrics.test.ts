import { Registry as MetricRegistry } from 'prom-client'
import { expect, it } from 'vitest'
import { manifest, TestEdge, TestHealth } from './keeper.fixture.ts'
import { registerHealthMetrics } from './metrics.ts'

it('shows what is held of the endpoints and what it goes by', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const register = new MetricRegistry()
  registerHealthMetrics(register, health.keeper)
  const [sfo, ewr] = ['sfo', 'ewr'].map((id) => new TestEdge(health.keeper, id))
  await health.settle()
  // The two are cut off from each other.
  sfo?.report('video.example. ewr', 'down')
  sfo?.report('video.example. sfo', 'up')
  ewr?.report('video.example. ewr', 'up')
  ewr?.report('no such endpoint', 'up')
  const text = await register.metrics()
  for (const line of [
    'meridian_central_health_endpoints{state="up"} 2',
    'meridian_central_health_endpoints{state="down"} 0',
    'meridian_central_health_verdicts_total{state="up"} 2',
    'meridian_central_health_verdicts_total{state="unknown"} 0',
    'meridian_central_health_reports_total 3',
    'meridian_central_health_reports_ignored_total 1',
    'meridian_central_health_suspects 1',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})
