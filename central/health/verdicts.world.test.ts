import { expect, it } from 'vitest'
import type { HealthState } from '../../shared/registry/health.ts'
import { CHAIN_MS } from './turns.ts'
import type { Sight } from './verdicts.fixture.ts'
import { World } from './verdicts.fixture.ts'

const allUp: Sight = () => 'up'

/** An edge that is cut off sees what is in its own cluster, and nothing else. */
function cutOff(edges: readonly string[], rest: Sight): Sight {
  return (edge, cluster, id) =>
    edges.includes(edge) && edge !== cluster ? 'down' : rest(edge, cluster, id)
}

it('one edge cut off takes nothing out, and is known for it until it is back', () => {
  const world = new World({ clusters: 10, apps: 20 })
  world.rounds(2, allUp)
  world.told.length = 0
  world.rounds(30, cutOff(['c3'], allUp))
  expect(world.verdicts.suspects).toBe(1)
  expect(world.states()).toEqual({ up: 200 })
  // Its message is judged as a whole: not even for a moment was anything held against the others.
  expect(world.told).toEqual([])
  world.rounds(2, allUp)
  expect(world.verdicts.suspects).toBe(0)
})

it('three edges of ten cut off at once take out nothing that the others vouch for', () => {
  const world = new World({ clusters: 10, apps: 20 })
  world.rounds(2, allUp)
  const lost = ['c1', 'c4', 'c7']
  world.rounds(30, cutOff(lost, allUp))
  expect(world.verdicts.suspects).toBe(3)
  expect(world.states().down).toBeUndefined()
})

it('an edge that is cut off still speaks for its own cluster', () => {
  const world = new World({ clusters: 10, apps: 20 })
  world.rounds(2, allUp)
  world.rounds(
    5,
    cutOff(['c3'], (_, cluster) => (cluster === 'c3' ? 'down' : 'up')),
  )
  expect(world.states((cluster) => cluster === 'c3')).toEqual({ down: 20 })
  expect(world.states((cluster) => cluster !== 'c3')).toEqual({ up: 180 })
})

it('a lost region goes down, although each far edge sees many downs', () => {
  const world = new World({ clusters: 5, apps: 20 })
  world.rounds(2, allUp)
  const lost = ['c0', 'c1', 'c2']
  const sees: Sight = (_, cluster) => (lost.includes(cluster) ? 'down' : 'up')
  world.rounds(2, sees)
  expect(world.states((cluster) => lost.includes(cluster))).toEqual({ down: 60 })
  expect(world.states((cluster) => !lost.includes(cluster))).toEqual({ up: 40 })
  expect(world.verdicts.suspects).toBe(0)
  world.rounds(5, allUp)
  expect(world.states()).toEqual({ up: 100 })
})

it('a lost region goes down with its edges gone as well', () => {
  const world = new World({ clusters: 6, apps: 20 })
  world.rounds(2, allUp)
  const lost = ['c0', 'c1']
  for (const cluster of lost) world.connected.delete(cluster)
  const sees: Sight = (_, cluster) => (lost.includes(cluster) ? 'down' : 'up')
  // Silent at first, then known to be gone.
  world.rounds(20, sees)
  for (const cluster of lost) world.disconnect(cluster)
  world.rounds(2, sees)
  expect(world.states((cluster) => lost.includes(cluster))).toEqual({ down: 40 })
  expect(world.states((cluster) => !lost.includes(cluster))).toEqual({ up: 80 })
})

it.each<[string, Sight]>([
  ['that all is down', () => 'down'],
  ['that all is up', () => 'up'],
  ['the contrary', (_, cluster) => (cluster === 'c1' ? 'up' : 'down')],
  ['something else each time', (_, __, id) => (Math.sin(id * 7919) > 0 ? 'up' : 'down')],
])('a lying edge that says %s turns nothing far from it', (_, lie) => {
  const truth: Sight = (_, cluster) => (cluster === 'c1' ? 'down' : 'up')
  const world = new World({ clusters: 8, apps: 20 })
  world.rounds(2, truth)
  world.rounds(30, (edge, cluster, id) =>
    edge === 'c5' ? lie(edge, cluster, id) : truth(edge, cluster, id),
  )
  expect(world.states((cluster) => cluster === 'c1')).toEqual({ down: 20 })
  expect(world.states((cluster) => cluster !== 'c1').down).toBeUndefined()
})

it('all edges gone and back: the last verdicts hold for a while, then nothing is known', () => {
  const world = new World({ clusters: 4, apps: 5 })
  const sees: Sight = (_, cluster) => (cluster === 'c1' ? 'down' : 'up')
  world.rounds(2, sees)
  for (const cluster of world.clusters) world.disconnect(cluster)
  world.silence(59)
  expect(world.states()).toEqual({ up: 15, down: 5 })
  world.silence(2)
  expect(world.states()).toEqual({ unknown: 20 })
  for (const cluster of world.clusters) world.connect(cluster)
  world.rounds(1, sees)
  expect(world.states()).toEqual({ up: 15, down: 5 })
})

it('all edges gone for less than the hold: nothing is told at all', () => {
  const world = new World({ clusters: 4, apps: 5 })
  const sees: Sight = (_, cluster) => (cluster === 'c1' ? 'down' : 'up')
  world.rounds(2, sees)
  world.told.length = 0
  for (const cluster of world.clusters) world.disconnect(cluster)
  world.silence(30)
  for (const cluster of world.clusters) world.connect(cluster)
  world.rounds(5, sees)
  expect(world.told).toEqual([])
})

it('an endpoint that fails once is told at once, down and back', () => {
  const world = new World({ clusters: 3, apps: 1 })
  world.rounds(1, allUp)
  world.told.length = 0
  const say = (edge: string, state: HealthState): void => {
    world.verdicts.report(edge, 0, state, '')
    world.verdicts.settle()
  }
  for (const edge of ['c1', 'c0']) say(edge, 'down')
  expect(world.verdicts.stateOf(0)).toBe('down')
  say('c2', 'down')
  for (const edge of ['c0', 'c1']) say(edge, 'up')
  expect(world.verdicts.stateOf(0)).not.toBe('down')
  say('c2', 'up')
  world.silence(2)
  expect(world.verdicts.stateOf(0)).toBe('up')
})

it('endpoints that flap are told ever more seldom, and at last as they are', () => {
  const world = new World({ clusters: 5, apps: 4 })
  world.rounds(1, allUp)
  world.told.length = 0
  let isDown = false
  const seconds = CHAIN_MS / 1000
  for (let i = 0; i < seconds / 2; i++) {
    isDown = !isDown
    world.rounds(2, () => (isDown ? 'down' : 'up'))
  }
  // 20 endpoints, each of which turned 150 times: down, back, down at once, and seldom after that.
  expect(world.told.length / 20).toBeLessThanOrEqual(10)
  world.rounds(120, allUp)
  expect(world.states()).toEqual({ up: 20 })
})
