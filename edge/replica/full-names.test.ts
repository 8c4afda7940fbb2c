import { array, assert, boolean, constantFrom, integer, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAtOrUnder, nameKey } from '../../shared/dns/name.ts'
import { FullNames } from './full-names.ts'
import type { NameState, ReplicaApp } from './model.ts'
import { createEntry } from './names.ts'
import { JsonText } from '../../shared/snapshot-file.ts'
import { readApp } from './packed-app.ts'
import { appLine } from './snapshot-line.ts'

const trust = { isWatched: true, expiresAt: Infinity }

/** An app that can be told from others by its number; `large` ones have no packed form. */
function appOf(number: number, large = false): ReplicaApp {
  const endpoints = Array.from({ length: large ? 3_000 : 1 + (number % 3) }, (_, i) => ({
    cluster: `c${i}`,
    addresses: [`192.0.2.${number % 256}`],
    weight: number,
    priority: i % 2,
  }))
  return { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints }
}

const entryOf = (name: string, kind: NameState['kind'] = 'app', version = 1, large = false) =>
  createEntry(
    kind === 'app' ? { kind, name, version, app: appOf(version, large) } : { kind, name, version },
    trust,
  )

describe('names that are held whole', () => {
  const pool = ['a.', 'b.a.', 'c.b.a.', 'x.c.b.a.', 'b.', 'y.b.', '.']

  it('knows of every name whether it is, is above one that is, or is not: as a search does', () => {
    assert(
      property(array(tuple(constantFrom(...pool), boolean()), { maxLength: 40 }), (steps) => {
        const names = new FullNames()
        const apps = new Set<string>()
        for (const [name, isApp] of steps) {
          names.put(nameKey(name), entryOf(name, isApp ? 'app' : 'nxdomain'))
          if (isApp) apps.add(name)
          else apps.delete(name)
        }
        for (const name of pool) {
          const hasBelow = [...apps].some((at) => at !== name && isAtOrUnder(at, name))
          const wanted = apps.has(name) ? 'app' : hasBelow ? 'nodata' : 'nxdomain'
          expect(names.get(nameKey(name)).kind).toBe(wanted)
        }
        expect(names.size).toBe(apps.size)
      }),
    )
  })

  it('counts the apexes of zones as names that are', () => {
    const names = new FullNames()
    names.ancestors.count(nameKey('sub.example.'), 1)
    expect(names.get(nameKey('example.')).kind).toBe('nodata')
    names.ancestors.count(nameKey('sub.example.'), -1)
    expect(names.get(nameKey('example.')).kind).toBe('nxdomain')
  })

  it('holds what a Map holds, and gives the state of the moment at which a walk began', () => {
    const name = constantFrom(...Array.from({ length: 12 }, (_, i) => `n${i}.example.`))
    const step = tuple(
      constantFrom('put', 'put', 'put-large', 'delete', 'begin', 'end', 'read'),
      name,
      integer({ min: 0, max: 3 }),
    )
    assert(
      property(array(step, { maxLength: 60 }), boolean(), (steps, readsLate) => {
        const names = new FullNames()
        const model = new Map<string, number>()
        const walks: { wanted: unknown; walk: ReturnType<FullNames['entries']> }[] = []
        const check = (at: number): void => {
          const [taken] = walks.splice(at, 1)
          if (taken === undefined) return
          const found = Array.from(taken.walk.entries, (entry) => `${entry.name} ${entry.version}`)
          expect(found.toSorted()).toEqual(taken.wanted)
          taken.walk.end()
        }
        let version = 0
        for (const [action, at, number] of steps) {
          if (action === 'put' || action === 'put-large') {
            model.set(at, ++version)
            names.put(nameKey(at), entryOf(at, 'app', version, action === 'put-large'))
          } else if (action === 'delete') {
            model.delete(at)
            names.put(nameKey(at), entryOf(at, 'nxdomain', ++version))
          } else if (action === 'begin') {
            walks.push({
              wanted: Array.from(model, ([of, number]) => `${of} ${number}`).toSorted(),
              walk: names.entries(version),
            })
          } else if (action === 'end') walks.splice(number, 1)[0]?.walk.end()
          else check(number)
          expect(names.size).toBe(model.size)
        }
        for (const [at, wanted] of model) {
          expect(names.get(nameKey(at))).toMatchObject({ kind: 'app', name: at, version: wanted })
          expect(names.versionOf(nameKey(at))).toBe(wanted)
        }
        if (readsLate) while (walks.length > 0) check(0)
        for (const { walk } of walks) walk.end()
      }),
      { numRuns: 60 },
    )
  })

  it('a walk over packed apps gives each as it is, whatever was replaced since it began', () => {
    const names = new FullNames()
    for (let i = 0; i < 500; i++) names.put(nameKey(`n${i}.example.`), entryOf(`n${i}.example.`))
    const walk = names.apps()
    const found = new Map<string, number>()
    let step = 0
    for (const app of walk.apps) {
      const { wire } = app
      const weight = readApp(app, names.packIds).endpoints[0]?.weight ?? -1
      found.set(wire.toString('latin1'), weight)
      // Behind, near, and far ahead of where the walk is.
      for (const i of step < 250 ? [step, step + 1, 499 - step] : []) {
        const name = `n${i}.example.`
        names.put(
          nameKey(name),
          i % 7 === 0 ? entryOf(name, 'nxdomain', 2) : entryOf(name, 'app', 2),
        )
        found.delete(nameKey(name))
      }
      step++
    }
    walk.end()
    for (const [key, weight] of found) {
      const held = names.packed(key)
      expect(held && readApp(held, names.packIds).endpoints[0]?.weight).toBe(weight)
    }
  })

  it('gives lines of a snapshot that are the same as those of its entries', () => {
    const names = new FullNames()
    const app: ReplicaApp = {
      policy: 'nearest',
      ttlMin: 0,
      ttlMax: 604_800,
      endpoints: [
        { cluster: 'a', addresses: [], weight: 0, priority: 65_535, port: 65_535, owner: 'é"\\\n' },
        {
          cluster: 'b',
          addresses: ['192.0.2.255', '2001:db8::1'],
          weight: 1_000_000,
          priority: 0,
          health: 'down',
          state: 'disabled',
          forced: true,
        },
      ],
      health: { enoughUpPercent: 100, failClosed: true, trustMs: 36_000_000 },
    }
    for (const name of ['plain.example.', 'with\\092escape.example.', '*.example.']) {
      names.put(nameKey(name), createEntry({ kind: 'app', name, version: 2 ** 40, app }, trust))
    }
    names.put(nameKey('large.example.'), entryOf('large.example.', 'app', 7, true))
    const [walk, lines] = [names.entries(2 ** 41), names.lines(2 ** 41)]
    const texts = Array.from(lines.lines, (line) =>
      line instanceof JsonText ? line.text : JSON.stringify(line),
    )
    expect(texts).toEqual(Array.from(walk.entries, (entry) => JSON.stringify(appLine(entry))))
    expect(texts).toHaveLength(4)
    walk.end()
    lines.end()
  })

  it('memory that was replaced is free again, at once or after the last walk', () => {
    const names = new FullNames()
    const key = nameKey('a.example.')
    names.put(key, entryOf('a.example.'))
    const bytes = names.packedBytes
    expect(bytes).toBeGreaterThan(0)
    for (let i = 0; i < 100; i++) names.put(key, entryOf('a.example.', 'app', 1))
    expect(names.packedBytes).toBe(bytes)
    const walks = [names.apps(), names.entries(1)]
    for (let i = 0; i < 100; i++) names.put(key, entryOf('a.example.', 'app', 1))
    expect(names.packedBytes).toBe(101 * bytes)
    walks[0]?.end()
    expect(names.packedBytes).toBe(101 * bytes)
    walks[1]?.end()
    expect(names.packedBytes).toBe(bytes)
    names.put(key, entryOf('a.example.', 'nxdomain', 2))
    expect(names.packedBytes).toBe(0)
  })
})
