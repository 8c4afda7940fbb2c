import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthState } from '../../shared/registry/health.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { appSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { EndpointVerdict } from '../model/events.ts'
import { emptyState } from '../model/state.ts'
import type { RegistryState } from '../model/state.ts'
import type { HealthQuery } from './health-page.ts'
import { healthPageOf } from './health-page.ts'

/** What a test wants of one endpoint: `unknown` has no verdict. */
interface Wanted {
  readonly app: string
  readonly cluster: string
  readonly state: HealthState
}

const check = { check: { type: 'tcp', port: 80 } }

function put(state: RegistryState, name: string, options: { readonly isChecked: boolean }): void {
  const value = appSchema.parse({ name, ...(options.isChecked ? { health: check } : {}) })
  state.apps.set(name, { value, version: 1, endpoints: new Map() })
}

function stateOf(wanted: readonly Wanted[], isChecked: (app: string) => boolean): RegistryState {
  const state = emptyState()
  for (const { app, cluster, state: health } of wanted) {
    if (!state.apps.has(app)) put(state, app, { isChecked: isChecked(app) })
    const value = endpointSchema.parse({ cluster })
    state.apps.get(app)?.endpoints.set(cluster, { value, version: 1 })
    if (health === 'unknown') continue
    const verdict: EndpointVerdict = { app, cluster, state: health, sinceEpoch: 1, reports: [] }
    state.health.set(app, new Map(state.health.get(app)).set(cluster, verdict))
  }
  return state
}

/** All pages one after the other, each by the cursor of the one before. */
function readAll(state: RegistryState, names: readonly string[], query: HealthQuery): Wanted[][] {
  const pages: Wanted[][] = []
  let after: string | undefined
  do {
    const page = healthPageOf(state, names, { ...query, after })
    pages.push(page.items.map(({ app, cluster, state }) => ({ app, cluster, state })))
    after =
      page.next === undefined ? undefined : Buffer.from(page.next, 'base64url').toString('utf8')
  } while (after !== undefined)
  return pages
}

const apps = ['a.example.', 'a-b.example.', 'b.example.', 'c.example.', '\\032.example.']
const clusters = ['a', 'a-1', 'b', 'sfo', 'z9']

test('the pages, put together, are all that fits the query, in order and once', () => {
  const endpoint = fc.record({
    app: fc.constantFrom(...apps),
    cluster: fc.constantFrom(...clusters),
    state: fc.constantFrom(...healthStates),
  })
  const endpoints = fc.uniqueArray(endpoint, {
    selector: ({ app, cluster }) => `${app} ${cluster}`,
    maxLength: 25,
  })
  const query = fc.record({
    limit: fc.integer({ min: 1, max: 8 }),
    cluster: fc.option(fc.constantFrom(...clusters, 'none'), { nil: undefined }),
    state: fc.option(fc.constantFrom(...healthStates), { nil: undefined }),
  })
  fc.assert(
    fc.property(endpoints, fc.subarray(apps), query, (wanted, checked, query) => {
      const state = stateOf(wanted, (app) => checked.includes(app))
      const pages = readAll(state, [...state.apps.keys()].sort(), query)
      const fitting = wanted
        .filter(({ app }) => checked.includes(app))
        .filter(({ cluster }) => query.cluster === undefined || query.cluster === cluster)
        .filter((each) => query.state === undefined || query.state === each.state)
        .sort((a, b) => (a.app === b.app ? compare(a.cluster, b.cluster) : compare(a.app, b.app)))
      expect(pages.flat()).toEqual(fitting)
      // All are full but the last, which is empty only when nothing fits.
      expect(pages).toHaveLength(Math.max(1, Math.ceil(fitting.length / query.limit)))
      for (const page of pages.slice(0, -1)) expect(page).toHaveLength(query.limit)
    }),
  )
})

function compare(a: string, b: string): number {
  return a < b ? -1 : 1
}

test('a page goes on where its cursor was, when that endpoint or its app is gone', () => {
  const all: Wanted[] = apps.flatMap((app) => [
    { app, cluster: 'a', state: 'up' },
    { app, cluster: 'b', state: 'up' },
  ])
  const names = ['a.example.', 'c.example.']
  const state = stateOf(all, () => true)
  const first = (after: string): unknown =>
    healthPageOf(state, names, { limit: 1, after }).items.map(({ app, cluster }) => [app, cluster])
  expect(first('a.example. a-1')).toEqual([['a.example.', 'b']])
  expect(first('b.example. a')).toEqual([['c.example.', 'a']])
  expect(first('c.example. b')).toEqual([])
  // A cursor of another list.
  expect(first('b.example.')).toEqual([['c.example.', 'a']])
})

test('a page ends, with a next one, when too much had nothing to show', () => {
  const state = emptyState()
  const names = Array.from({ length: 60_000 }, (_, i) => `a${String(i).padStart(6, '0')}.example.`)
  const [name = ''] = names
  put(state, name, { isChecked: false })
  const stored = state.apps.get(name)
  if (stored === undefined) throw new TypeError('the app is not there')
  for (const each of names) state.apps.set(each, stored)
  const last = names.at(-1) ?? ''
  put(state, last, { isChecked: true })
  state.apps.get(last)?.endpoints.set('sfo', {
    value: endpointSchema.parse({ cluster: 'sfo' }),
    version: 1,
  })
  expect(readAll(state, names, { limit: 5 })).toEqual([
    [],
    [{ app: last, cluster: 'sfo', state: 'unknown' }],
  ])
})
