import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { cityRecord, writeMmdb } from './mmdb-fixture.ts'
import { Mmdb } from './mmdb.ts'
import type { MmdbOptions } from './mmdb.ts'
import type { MmdbData } from './mmdb-load.ts'
import { unpackPlace } from './mmdb-places.ts'

let folder = ''
let mmdb: Mmdb | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmdb-'))
})
afterEach(async () => {
  await mmdb?.stop()
  mmdb = undefined
  rmSync(folder, { recursive: true })
})

const fileAt = (latitude: number): Buffer =>
  writeMmdb([['192.0.2.0/24', cityRecord(latitude, 1, 'DE')]])

/** Starts an `Mmdb` of a file in the folder; gives the latitudes that it has told of. */
async function start(options: Partial<MmdbOptions> = {}): Promise<readonly (number | undefined)[]> {
  const latitudes: (number | undefined)[] = []
  mmdb = new Mmdb({
    files: { path: join(folder, 'city.mmdb') },
    rangesMaxBytes: 100_000,
    onLoaded: (data: MmdbData) => latitudes.push(unpackPlace(data.places, 0).latitude),
    clock: systemClock,
    logger: createLogger('silent', {}),
    stableMs: 20,
    pollMs: 60_000,
    ...options,
  })
  await mmdb.start()
  return latitudes
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 })

it('a file is read at the start, and again when another is renamed over it', async () => {
  const file = join(folder, 'city.mmdb')
  writeFileSync(file, fileAt(1))
  const latitudes = await start()
  await until(() => expect(latitudes).toEqual([1]))
  expect(mmdb?.data).toEqual({ buildEpochMs: 1_700_000_000_000, roundedDegrees: 0 })
  writeFileSync(join(folder, 'new'), fileAt(2))
  renameSync(join(folder, 'new'), file)
  await until(() => expect(latitudes).toEqual([1, 2]))
  expect(mmdb?.loads).toEqual({ loaded: 2, refused: 0 })
})

it('a file that is broken is refused, and what was there stays; then a good one comes', async () => {
  const file = join(folder, 'city.mmdb')
  writeFileSync(file, fileAt(1))
  const latitudes = await start()
  await until(() => expect(latitudes).toEqual([1]))
  writeFileSync(file, fileAt(2).subarray(0, -300))
  await until(() => expect(mmdb?.loads.refused).toBe(1))
  writeFileSync(file, '')
  await until(() => expect(mmdb?.loads.refused).toBe(2))
  rmSync(file)
  await until(() => expect(mmdb?.loads.refused).toBe(3))
  expect(latitudes).toEqual([1])
  expect(mmdb?.data).toBeDefined()
  writeFileSync(file, fileAt(3))
  await until(() => expect(latitudes).toEqual([1, 3]))
})

it('a file that comes later is read, even in a folder that comes later, by looking now and then', async () => {
  const later = join(folder, 'later')
  const latitudes = await start({ files: { path: join(later, 'city.mmdb') }, pollMs: 30 })
  await until(() => expect(mmdb?.loads.refused).toBe(1))
  mkdirSync(later)
  writeFileSync(join(later, 'city.mmdb'), fileAt(4))
  await until(() => expect(latitudes).toEqual([4]))
})

it('a file that takes too long to read is refused', async () => {
  writeFileSync(join(folder, 'city.mmdb'), fileAt(1))
  const latitudes = await start({ loadMs: 1 })
  await until(() => expect(mmdb?.loads).toEqual({ loaded: 0, refused: 1 }))
  expect(latitudes).toEqual([])
})

it('a stop ends the thread that reads', async () => {
  writeFileSync(join(folder, 'city.mmdb'), fileAt(1))
  const latitudes = await start()
  await mmdb?.stop()
  mmdb = undefined
  expect(latitudes).toEqual([])
})
