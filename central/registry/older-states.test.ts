import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { stateHash } from '../model/state-hash.ts'
import { keptOf, OlderStates } from './older-states.ts'
import { PastReader } from './past.ts'
import { Registry } from './registry.ts'
import { RegistrySnapshot } from './snapshot.ts'

async function createHistory() {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-older-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const clock = new ManualClock()
  const log = createMemoryLog()
  const logger = createLogger('silent', {})
  const registry = new Registry({ log, clock })
  const older = new OlderStates({ folder: join(folder, 'snapshots'), log, logger })
  const snapshot = new RegistrySnapshot({
    file: join(folder, 'state.snapshot'),
    everyChanges: 10,
    logger,
    onWritten: (file, version) => older.keep(file, version),
  })
  const hashes = new Map<number, string>()
  const write = async (): Promise<void> => {
    const cluster = clusterSchema.parse({ id: `c${registry.version}`, latitude: 1, longitude: 2 })
    await registry.submit({
      plan: () => [{ type: 'put-cluster', cluster }],
      actor: 'test',
      cause: 'test',
    })
    hashes.set(registry.version, stateHash(registry.state))
    await snapshot.writeIfDue(registry)
  }
  for (let i = 0; i < 45; i++) await write()
  const kept = (): readonly string[] => readdirSync(join(folder, 'snapshots')).sort()
  const reader = (eventsMax: number): PastReader =>
    new PastReader({ registry, clock, eventsMax, baseBefore: (version) => older.before(version) })
  return { folder: join(folder, 'snapshots'), registry, hashes, older, kept, reader }
}

test('a look begins with the newest state before the moment, so its bound falls', async () => {
  const { hashes, kept, reader } = await createHistory()
  expect(kept()).toEqual(
    ['10.snapshot', '20.snapshot', '30.snapshot', '40.snapshot'].filter((name) =>
      kept().includes(name),
    ),
  )
  const past = reader(11)
  for (const version of [1, 10, 40, 41, 45]) {
    const result = await past.lookAtAll({ version }, () => true)
    if (!result.ok) throw new Error(result.detail)
    expect([version, stateHash(result.past.state), result.past.version]).toEqual([
      version,
      hashes.get(version),
      version,
    ])
  }
})

test('they may be damaged or deleted at any time: a look then begins earlier', async () => {
  const { folder, hashes, kept, reader } = await createHistory()
  const newest = kept().at(-1) ?? ''
  writeFileSync(join(folder, newest), 'damaged')
  const result = await reader(1_000).lookAtAll({ version: 45 }, () => true)
  expect(result.ok && stateHash(result.past.state)).toBe(hashes.get(45))
  rmSync(folder, { recursive: true })
  expect(await reader(1_000).lookAtAll({ version: 44 }, () => true)).toMatchObject({ ok: true })
})

test('a few states cover any length: their distances grow', () => {
  let versions: readonly number[] = []
  for (let version = 10; version <= 100_000; version += 10) {
    const kept = keptOf([version, ...versions])
    versions = [version, ...versions].filter((each) => kept.has(each))
    expect(versions.length).toBeLessThanOrEqual(8)
  }
  const distances = versions.slice(1).map((version) => 100_000 - version)
  expect(distances.length).toBeGreaterThan(4)
  for (const [i, distance] of distances.entries()) {
    const before = distances[i - 1]
    if (before !== undefined) expect(distance / before).toBeGreaterThan(1)
  }
})
