import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import type { CheckedEndpoint, Vantage } from './plan.ts'
import { CheckPlan, VANTAGES } from './plan.ts'
import { hashText, rankOf } from './rendezvous.ts'

const check = checkSchema.parse({ type: 'tcp', port: 80 })

function endpoint(id: number, cluster: string, app = `app${id}.example.`): CheckedEndpoint {
  return { id, app, cluster, addresses: ['192.0.2.1'], port: undefined, check }
}

/** A plan whose sessions hold what they were told. */
class Told {
  readonly held = new Map<string, Set<number>>()
  readonly voters = new Map<number, readonly Vantage[]>()
  calls = 0
  readonly plan: CheckPlan = new CheckPlan({
    onVantages: (id) => this.voters.set(id, this.plan.vantagesOf(id)),
    onTasks: (session, change) => {
      this.calls++
      const held = this.held.get(session) ?? new Set()
      this.held.set(session, held)
      for (const id of change.delete) held.delete(id)
      for (const id of change.put) held.add(id)
    },
  })
}

/** All edges in order, by the rule as it is written: own cluster, rank, id. */
function bruteForce(of: CheckedEndpoint, vantages: readonly Vantage[]): readonly Vantage[] {
  const latest = new Map(vantages.map((vantage) => [vantage.edge, vantage]))
  const hash = hashText(`${of.app} ${of.cluster}`)
  return [...latest.values()]
    .map((vantage) => ({
      vantage,
      own: Number(vantage.cluster === of.cluster),
      rank: rankOf(hashText(vantage.edge), hash),
    }))
    .sort((a, b) => b.own - a.own || b.rank - a.rank || (a.vantage.edge < b.vantage.edge ? -1 : 1))
    .slice(0, VANTAGES)
    .map(({ vantage }) => vantage)
}

const cluster = fc.constantFrom('sfo', 'ewr', 'lhr', 'nrt')
const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('come' as const),
      edge: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7'),
      cluster,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('go' as const), nth: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      id: fc.integer({ min: 1, max: 12 }),
      cluster,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('delete' as const),
      id: fc.integer({ min: 1, max: 12 }),
    }),
  },
)

it('is what a brute force makes of it, and every session holds just its tasks', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40, size: 'max' }), (operations) => {
      const told = new Told()
      const vantages: Vantage[] = []
      const endpoints = new Map<number, CheckedEndpoint>()
      let sessions = 0
      for (const operation of operations) {
        switch (operation.type) {
          case 'come': {
            const { edge, cluster } = operation
            const vantage = { session: `s${++sessions}`, edge, cluster }
            vantages.push(vantage)
            told.plan.addVantage(vantage)
            break
          }
          case 'go': {
            const [gone] = vantages.splice(operation.nth, 1)
            if (gone === undefined) break
            told.held.delete(gone.session)
            told.plan.removeVantage(gone.session)
            expect(told.held.has(gone.session)).toBe(false)
            break
          }
          case 'put':
            endpoints.set(operation.id, endpoint(operation.id, operation.cluster))
            told.plan.put(endpoint(operation.id, operation.cluster))
            break
          case 'delete':
            endpoints.delete(operation.id)
            told.plan.delete(operation.id)
            break
        }
        const tasks = new Map<string, Set<number>>()
        for (const of of endpoints.values()) {
          const wanted = bruteForce(of, vantages)
          expect(told.plan.vantagesOf(of.id)).toEqual(wanted)
          expect(told.voters.get(of.id)).toEqual(wanted)
          for (const { session } of wanted) {
            tasks.set(session, (tasks.get(session) ?? new Set()).add(of.id))
          }
        }
        for (const { session } of vantages) {
          expect(told.held.get(session) ?? new Set()).toEqual(tasks.get(session) ?? new Set())
        }
      }
    }),
    { numRuns: 60 },
  )
})

it('moves only what an edge that comes wins, and what one that goes held', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(100_000), (edges, seed) => {
      const { plan } = new Told()
      for (let id = 1; id <= 30; id++) plan.put(endpoint(id, `c${id % 4}`, `${seed}-${id}.test.`))
      for (let i = 0; i < edges; i++) {
        plan.addVantage({ session: `s${i}`, edge: `e${seed}-${i}`, cluster: `c${i % 3}` })
      }
      const sessionsOf = (id: number): string[] => plan.vantagesOf(id).map((one) => one.session)
      const all = (): string[][] => Array.from({ length: 30 }, (_, i) => sessionsOf(i + 1))
      const before = all()
      plan.addVantage({ session: 'new', edge: 'new', cluster: 'c1' })
      const after = all()
      after.forEach((sessions, i) => {
        const others = sessions.filter((session) => session !== 'new')
        const had = before[i] ?? []
        if (others.length === sessions.length) expect(sessions).toEqual(had)
        else expect(others).toEqual(had.filter((session) => others.includes(session)))
        expect(had.length - others.length).toBeLessThanOrEqual(1)
      })
      plan.removeVantage('new')
      expect(all()).toEqual(before)
    }),
    { numRuns: 50 },
  )
})

it('gives an edge of the own cluster every endpoint of it, three of them at most', () => {
  const { plan } = new Told()
  for (let id = 1; id <= 50; id++) plan.put(endpoint(id, id <= 25 ? 'sfo' : 'ewr'))
  for (let i = 0; i < 10; i++) {
    plan.addVantage({ session: `far${i}`, edge: `far${i}`, cluster: 'lhr' })
  }
  plan.addVantage({ session: 'sfo', edge: 'sfo', cluster: 'sfo' })
  for (let i = 0; i < 5; i++) {
    plan.addVantage({ session: `ewr${i}`, edge: `ewr${i}`, cluster: 'ewr' })
  }
  for (let id = 1; id <= 50; id++) {
    const clusters = plan.vantagesOf(id).map((vantage) => vantage.cluster)
    expect(clusters).toEqual(id <= 25 ? ['sfo', clusters[1], clusters[2]] : ['ewr', 'ewr', 'ewr'])
    expect(clusters.slice(1)).not.toContain('sfo')
  }
})

it('spreads 10,000 endpoints over 20 far edges evenly', () => {
  const { plan } = new Told()
  for (let id = 1; id <= 10_000; id++) plan.put(endpoint(id, `c${id % 100}`))
  for (let i = 0; i < 20; i++) plan.addVantage({ session: `s${i}`, edge: `e${i}`, cluster: 'none' })
  const counts = new Map<string, number>()
  for (let id = 1; id <= 10_000; id++) {
    for (const { edge } of plan.vantagesOf(id)) counts.set(edge, (counts.get(edge) ?? 0) + 1)
  }
  const mean = (10_000 * VANTAGES) / 20
  expect(counts.size).toBe(20)
  for (const count of counts.values()) {
    expect(count).toBeGreaterThan(mean * 0.85)
    expect(count).toBeLessThan(mean * 1.15)
  }
})

it('counts two sessions of one edge once, and goes back to the earlier when the later ends', () => {
  const { plan, held } = new Told()
  plan.put(endpoint(1, 'sfo'))
  plan.addVantage({ session: 'first', edge: 'e1', cluster: 'sfo' })
  plan.addVantage({ session: 'second', edge: 'e1', cluster: 'sfo' })
  expect(plan.vantagesOf(1).map((vantage) => vantage.session)).toEqual(['second'])
  expect([...(held.get('first') ?? [])]).toEqual([])
  plan.removeVantage('second')
  expect(plan.vantagesOf(1).map((vantage) => vantage.session)).toEqual(['first'])
  expect([...(held.get('first') ?? [])]).toEqual([1])
  plan.removeVantage('first')
  expect(plan.vantagesOf(1)).toEqual([])
})

it('tells each session once for each operation', () => {
  const told = new Told()
  for (let id = 1; id <= 1000; id++) told.plan.put(endpoint(id, 'sfo'))
  for (const edge of ['e1', 'e2', 'e3', 'e4']) {
    told.plan.addVantage({ session: edge, edge, cluster: 'none' })
  }
  // e1, e2 and e3 get all; of e4's each of them loses some.
  expect(told.calls).toBe(3 + 4)
})
