import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { viewHistory } from '../http/history-views.ts'
import { machine, vm1 } from '../model/machines.fixture.ts'
import type { Command } from '../model/decide.ts'
import { PastReader } from './past.ts'
import { Registry } from './registry.ts'

const name = 'video.example.'
const place = { latitude: 1, longitude: 2 }
const check = { type: 'tcp', port: 80 }
const cluster = (id: string, more: object = {}): Command => ({
  type: 'put-cluster',
  cluster: clusterSchema.parse({ id, ...place, ...more }),
})
const app = (more: object = {}, of = name): Command => ({
  type: 'put-app',
  app: appSchema.parse({ name: of, ...more }),
})
const endpoint = (id: string, more: object = {}, of = name): Command => ({
  type: 'put-endpoint',
  app: of,
  endpoint: endpointSchema.parse({ cluster: id, ...more }),
})
const verdict = (state: 'up' | 'down', of = name): Command => ({
  type: 'put-verdict',
  verdict: {
    app: of,
    cluster: 'sfo',
    state,
    sinceEpoch: 7,
    reports: [{ edge: 'lhr', state, detail: 'refused' }],
  },
})
const zone = (more: object = {}): Command => ({
  type: 'put-zone',
  zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'], ...more }),
})
const network = (prefixes: readonly string[]): Command => ({
  type: 'put-network',
  network: networkSchema.parse({ id: 'office', prefixes, cluster: 'lhr' }),
})

/** Begins with the app on two clusters at version 1; a change each second. */
async function createHistory(eventsMax?: number) {
  const clock = new ManualClock(1_700_000_000_000)
  const registry = new Registry({ log: createMemoryLog(), clock })
  const reader = new PastReader({
    registry,
    clock,
    ...(eventsMax === undefined ? {} : { eventsMax }),
  })
  const write = async (...commands: readonly Command[]): Promise<number> => {
    const result = await registry.submit({ plan: () => commands, actor: 'test', cause: 'test' })
    clock.advance(1_000)
    return result.ok ? result.version : -1
  }
  await write(
    cluster('sfo'),
    cluster('lhr', { addresses: ['198.51.100.1'] }),
    zone(),
    app({ health: { check } }),
    app({}, 'other.example.'),
    endpoint('sfo', { addresses: ['192.0.2.1'] }),
    endpoint('lhr'),
  )
  const look = (at: Parameters<PastReader['look']>[1]) => reader.look(name, at, () => true)
  return { clock, registry, reader, write, look }
}

const changes: readonly Command[] = [
  verdict('down'),
  verdict('up'),
  verdict('down', 'other.example.'),
  endpoint('sfo', { addresses: ['192.0.2.9'], weight: 3 }),
  endpoint('lhr', { state: 'draining' }),
  endpoint('lhr', {}, 'other.example.'),
  { type: 'delete-endpoint', app: name, cluster: 'lhr' },
  app({ policy: 'failover', health: { check } }),
  app(),
  { type: 'delete-app', name },
  cluster('sfo', { state: 'draining' }),
  zone({ policy: 'weighted', soa: { minimum: 5 } }),
  network(['192.0.2.0/24']),
  network(['192.0.0.0/16', '192.0.2.0/26']),
  { type: 'register-machine', machine: machine(vm1, '203.0.113.1') },
  { type: 'unregister-machine', ...vm1 },
  { type: 'put-load', load: { app: name, cluster: 'sfo', load: 85 } },
  { type: 'put-withheld', withheld: { app: name, cluster: 'lhr', percent: 40, sinceEpoch: 7 } },
  app({ health: { check, whenNotEnough: 'fallback', fallback: ['lhr'] }, service: {} }),
]

it('at each version all is as it was then, whatever came after', async () => {
  const client = { family: 4 as const, words: [0xc000_0200], bits: 24 }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...changes), { maxLength: 12 }), async (list) => {
      const { registry, write, look } = await createHistory()
      const seen: string[] = []
      const watch = (): void => {
        const past = { state: registry.state, version: registry.version, atEpoch: 0 }
        seen[registry.version] = JSON.stringify(viewHistory(past, name, client))
      }
      watch()
      for (const command of list) {
        await write(command)
        watch()
      }
      for (let version = 1; version <= registry.version; version++) {
        const result = await look({ version })
        if (!result.ok) throw new Error(result.detail)
        const view = viewHistory({ ...result.past, atEpoch: 0 }, name, client)
        expect(JSON.stringify(view)).toBe(seen[version])
      }
    }),
    { numRuns: 60 },
  )
})

it('of a time it is the last version that was accepted until then', async () => {
  const { write, look } = await createHistory()
  await write(verdict('down'))
  await write(verdict('up'))
  const versionAt = async (ms: number) => {
    const result = await look({ epochMs: 1_700_000_000_000 + ms })
    return result.ok ? [result.past.version, result.past.atEpoch - 1_700_000_000_000] : result
  }
  expect(await versionAt(0)).toEqual([1, 0])
  expect(await versionAt(999)).toEqual([1, 0])
  expect(await versionAt(1_000)).toEqual([2, 1_000])
  expect(await versionAt(86_400_000)).toEqual([3, 2_000])
})

it.each([
  [{ version: 0 }, 'none', 'history begins with version 1 of 2023-11-14T22:13:20.000Z'],
  [{ epochMs: 1_699_999_999_999 }, 'none', 'history begins with version 1 of 2023-11-14'],
  [{ version: 3 }, 'none', 'version 3 is not there yet, the newest is 2'],
])('there is nothing at %j', async (moment, code, detail) => {
  const { write, look } = await createHistory()
  await write(verdict('down'))
  const result = await look(moment)
  expect(result).toMatchObject({ ok: false, code })
  expect(result.ok ? '' : result.detail).toContain(detail)
})

it('an empty log has no past', async () => {
  const clock = new ManualClock()
  const reader = new PastReader({
    registry: new Registry({ log: createMemoryLog(), clock }),
    clock,
  })
  const result = await reader.look(name, { epochMs: clock.epochMs() }, () => true)
  expect(result).toEqual({
    ok: false,
    code: 'none',
    detail: 'history is empty, nothing was ever registered',
  })
})

it('what lies behind too many events is not looked at', async () => {
  const { write, look } = await createHistory(8)
  await write(verdict('down'))
  await write(verdict('up'))
  expect(await look({ version: 2 })).toMatchObject({ ok: true })
  expect(await look({ version: 3 })).toEqual({
    ok: false,
    code: 'too-long',
    detail: 'more than 8 events lie before that moment, at most 8 are read',
  })
})

/** A clock that moves on with each look: every record ends a slice. */
class HurriedClock extends ManualClock {
  override nowMs(): number {
    this.advance(10)
    return super.nowMs()
  }
}

it('one look at a time; it lets others run meanwhile, and ends when nobody wants it any more', async () => {
  const { registry, write } = await createHistory()
  await write(verdict('down'))
  const reader = new PastReader({ registry, clock: new HurriedClock() })
  let turns = 0
  const look = reader.look(name, { version: 2 }, () => {
    turns++
    return true
  })
  expect(await reader.look(name, { version: 1 }, () => true)).toMatchObject({ code: 'busy' })
  expect(await look).toMatchObject({ ok: true, past: { version: 2 } })
  expect(turns).toBe(2)
  expect(await reader.look(name, { version: 2 }, () => false)).toMatchObject({ ok: false })
  expect(await reader.look(name, { version: 1 }, () => true)).toMatchObject({ ok: true })
})
