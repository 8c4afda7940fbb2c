import { describe, expect, it } from 'vitest'
import { nameKey } from '../../shared/dns/name.ts'
import type { NameState, ReplicaApp } from './model.ts'
import { createEntry, OnDemandNames } from './names.ts'

const app: ReplicaApp = { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints: [] }
const trust = { isWatched: true, expiresAt: Infinity }
const entryOf = (name: string, kind: NameState['kind'] = 'app', version = 1) =>
  createEntry(kind === 'app' ? { kind, name, version, app } : { kind, name, version }, trust)

describe('on demand', () => {
  it('drops what was used least, and says so', () => {
    const evicted: string[] = []
    const names = new OnDemandNames(2, (name) => evicted.push(name))
    for (const name of ['a.', 'b.']) names.put(nameKey(name), entryOf(name))
    expect(names.get(nameKey('a.'))?.name).toBe('a.')
    names.put(nameKey('c.'), entryOf('c.'))
    expect(evicted).toEqual(['b.'])
    expect(names.get(nameKey('b.'))).toBeUndefined()
  })

  it('a flood of names that do not exist drives out no app', () => {
    const names = new OnDemandNames(10, () => undefined)
    names.put(nameKey('app.'), entryOf('app.'))
    for (let i = 0; i < 1000; i++) names.put(nameKey(`n${i}.`), entryOf(`n${i}.`, 'nxdomain'))
    expect(names.get(nameKey('app.'))?.kind).toBe('app')
    expect(names.size).toBe(11)
  })

  it('a name that comes into being replaces its absence, and the reverse, without an eviction', () => {
    const evicted: string[] = []
    const names = new OnDemandNames(10, (name) => evicted.push(name))
    const key = nameKey('a.')
    names.put(key, entryOf('a.', 'nxdomain'))
    names.put(key, entryOf('a.', 'app', 2))
    expect(names.get(key)?.kind).toBe('app')
    expect(names.size).toBe(1)
    names.put(key, entryOf('a.', 'nodata', 3))
    expect(names.get(key)?.kind).toBe('nodata')
    expect(names.size).toBe(1)
    expect(evicted).toEqual([])
  })
})
