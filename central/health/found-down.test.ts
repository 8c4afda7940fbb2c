import { describe, expect, it } from 'vitest'
import { manifest, TestEdge, TestHealth } from './keeper.fixture.ts'

const SFO = 'video.example. sfo'

async function setUp(): Promise<{ health: TestHealth; edges: readonly TestEdge[] }> {
  const health = new TestHealth()
  await health.apply(manifest)
  const edges = ['sfo', 'ewr', 'lhr'].map((id) => new TestEdge(health.keeper, id))
  await health.settle()
  return { health, edges }
}

const foundIn = ({ keeper }: TestHealth): readonly string[] =>
  Array.from(keeper.foundDown(), ({ app, cluster }) => `${app} ${cluster}`)

describe('what edges find to be down', () => {
  it('is what the verdict says as long as votes say so too', async () => {
    const { health, edges } = await setUp()
    expect(foundIn(health)).toEqual([])
    for (const edge of edges) edge.report(SFO, 'down')
    await health.settle()
    expect(foundIn(health)).toEqual([SFO])
    for (const edge of edges) edge.report(SFO, 'up')
    await health.settle()
    expect(foundIn(health)).toEqual([])
  })

  it('is nothing while no edge is there, though the verdict holds', async () => {
    const { health, edges } = await setUp()
    for (const edge of edges) edge.report(SFO, 'down')
    await health.settle()
    for (const { session } of edges) session.close()
    await health.settle()
    expect(health.stateOf('video.example.', 'sfo')).toBe('down')
    expect(foundIn(health)).toEqual([])
  })

  it('is nothing after a start until edges say so again', async () => {
    const { health, edges } = await setUp()
    for (const edge of edges) edge.report(SFO, 'down')
    await health.settle()
    const keeper = health.restart()
    health.clock.advance(2_000)
    expect(foundIn(health)).toEqual([])
    const again = ['sfo', 'ewr', 'lhr'].map((id) => new TestEdge(keeper, id))
    keeper.tick()
    await health.settle()
    expect(foundIn(health)).toEqual([])
    for (const edge of again) edge.report(SFO, 'down')
    await health.settle()
    expect(foundIn(health)).toEqual([SFO])
  })

  it('has another run when it was up in between', async () => {
    const { health, edges } = await setUp()
    const runs: string[] = []
    for (const state of ['down', 'up', 'down'] as const) {
      health.clock.advance(1_000)
      for (const edge of edges) edge.report(SFO, state)
      health.keeper.tick()
      await health.settle()
      for (const { run } of health.keeper.foundDown()) runs.push(run)
    }
    expect(new Set(runs).size).toBe(2)
  })
})
