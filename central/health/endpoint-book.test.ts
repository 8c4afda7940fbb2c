import fc from 'fast-check'
import { expect, it } from 'vitest'
import { appSchema, clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { Command } from '../model/decide.ts'
import { decide } from '../model/decide.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import type { RegistryState } from '../model/state.ts'
import { draftOf, emptyState } from '../model/state.ts'
import { touchedBy } from '../registry/touched.ts'
import { EndpointBook } from './endpoint-book.ts'
import { commandsOf } from './keeper.fixture.ts'
import type { CheckedEndpoint } from './plan.ts'

const name = fc.constantFrom('a.example.', 'b.example.', 'c.b.example.')
const cluster = fc.constantFrom('sfo', 'ewr')
const addresses = fc.subarray(['192.0.2.1', '192.0.2.2'])

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(cluster, addresses, fc.integer({ min: 0, max: 2 })).map(([id, addresses, latitude]) => ({
    type: 'put-cluster' as const,
    cluster: clusterSchema.parse({ id, latitude, longitude: 0, addresses }),
  })),
  fc.tuple(name, fc.integer({ min: 0, max: 2 })).map(([name, port]) => ({
    type: 'put-app' as const,
    app: appSchema.parse(
      port === 0 ? { name } : { name, health: { check: { type: 'tcp', port } } },
    ),
  })),
  name.map((name) => ({ type: 'delete-app' as const, name })),
  fc
    .record({
      app: name,
      cluster,
      addresses,
      port: fc.option(fc.constant(80), { nil: undefined }),
      weight: fc.integer({ min: 0, max: 1 }),
      target: fc.constantFrom(undefined, undefined, 'cdn.test'),
    })
    .map(({ app, target, ...one }) => ({
      app,
      endpoint: target ? { ...one, addresses: [], target } : one,
    }))
    .map(({ app, endpoint }) => ({
      type: 'put-endpoint' as const,
      app,
      endpoint: endpointSchema.parse(endpoint),
    })),
  fc.tuple(name, cluster).map(([app, cluster]) => ({
    type: 'delete-endpoint' as const,
    app,
    cluster,
  })),
  fc.tuple(name, cluster, fc.nat(2), fc.nat(3)).chain(([app, cluster, id, version]) => {
    const at = { app, cluster, machine: `vm-${id}` }
    const terminateUrl = id === 0 ? 'http://end.example/' : undefined
    const machine = { ...at, addresses: [`198.51.100.${id}`], port: 80 + id, leaseSeconds: 30 }
    return fc.constantFrom(
      { type: 'register-machine' as const, machine: { ...machine, terminateUrl } },
      { type: 'unregister-machine' as const, ...at },
      { type: 'withdraw-machine' as const, ...at, why: 'lease-expired' as const, version },
    )
  }),
)

/** What is to be checked, by the state alone; equal texts are the same thing to check. */
function bruteForce(state: RegistryState): string[] {
  const found: string[] = []
  for (const { value: app, endpoints } of state.apps.values()) {
    for (const { value, isForMachines } of endpoints.values()) {
      const machines = [...(state.machines.get(`${app.name} ${value.cluster}`)?.values() ?? [])]
      const present = machines.filter(({ out }) => out === undefined)
      if (isForMachines === true && present.length === 0) continue
      const own = [...value.addresses, ...present.flatMap((machine) => machine.value.addresses)]
      const [first, ...rest] = present.map((machine) => machine.value.port)
      const port = value.port ?? (rest.every((each) => each === first) ? first : undefined)
      const isOther = value.target !== undefined
      const ofCluster = isOther ? [] : state.clusters.get(value.cluster)?.value.addresses
      const addresses = own.length > 0 ? own : ofCluster
      if (app.health === undefined || (addresses ?? []).length === 0) continue
      found.push(
        textOf({ ...value, port, app: app.name, addresses: addresses ?? [] }, app.health.check),
      )
    }
  }
  return found.sort()
}

function textOf(
  of: {
    readonly app: string
    readonly cluster: string
    readonly addresses: readonly string[]
    readonly port?: number | undefined
  },
  check: object,
): string {
  return JSON.stringify([of.app, of.cluster, of.addresses, of.port, check])
}

it('holds what is to be checked, and keeps the number of what has not changed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(command, { maxLength: 4 }), { maxLength: 25, size: 'max' }),
      (changes) => {
        const state = emptyState()
        const held = new Map<number, CheckedEndpoint>()
        const used = new Set<number>()
        const book = new EndpointBook(state, {
          onPut: (endpoint) => {
            expect(used.has(endpoint.id)).toBe(false)
            used.add(endpoint.id)
            held.set(endpoint.id, endpoint)
          },
          onDelete: ({ id }) => expect(held.delete(id)).toBe(true),
        })
        const texts = (): [string, number][] =>
          [...held.values()].map((endpoint) => [textOf(endpoint, endpoint.check), endpoint.id])
        const setUp = commandsOf({
          clusters: [
            { id: 'sfo', latitude: 0, longitude: 0, addresses: ['192.0.2.1'] },
            { id: 'ewr', latitude: 0, longitude: 0, addresses: ['192.0.2.2'] },
          ],
          zones: [{ apex: 'example', ns: ['ns.test'] }],
        })
        let version = 0
        for (const commands of [setUp, ...changes]) {
          const draft = draftOf(state)
          const events: RegistryEvent[] = []
          for (const command of commands) {
            const decision = decide(draft, command)
            if (!decision.ok) continue
            events.push(...decision.events)
            evolve(draft, { version: version + 1, events: decision.events })
          }
          if (events.length === 0) continue
          version++
          const record = { schema: 2, atEpoch: 1, actor: 'a', cause: 'c', events, version }
          const touched = touchedBy(state, record)
          evolve(state, record)
          const before = new Map(texts())
          book.touch(touched)
          const after = texts()
          expect(after.map(([text]) => text).sort()).toEqual(bruteForce(state))
          for (const [text, id] of after) expect(before.get(text) ?? id).toBe(id)
          for (const endpoint of held.values()) {
            expect(book.find(endpoint.id)).toBe(endpoint)
            expect(book.isSameIn(state, endpoint)).toBe(true)
            expect(book.checkTextOf(endpoint)).toBe(JSON.stringify(endpoint.check))
          }
        }
        // One that is filled at the end has the same things to check.
        const filled: string[] = []
        new EndpointBook(state, {
          onPut: (endpoint) => filled.push(textOf(endpoint, endpoint.check)),
          onDelete: () => undefined,
        }).fill()
        expect(filled.sort()).toEqual(bruteForce(state))
      },
    ),
    { numRuns: 60 },
  )
})
