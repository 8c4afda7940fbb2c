import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { TableWriter } from '../table/writer.ts'
import { LocationWriter } from './location-writer.ts'
import { raceRanges } from './race-fixture.ts'
import type { RaceWork } from './race-fixture.ts'
import { publish } from './ranges-fixture.ts'

const workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

it('a reader on another thread sees each version whole, and none after a later one', async () => {
  const table = new TableWriter({ maxBytes: 4_194_304 })
  const writer = new LocationWriter(65_536, table)
  publish(writer, raceRanges(1))
  const control = new Int32Array(new SharedArrayBuffer(8))
  const reader = table.addReader() ?? -1
  const work: RaceWork = { table: table.handle, locations: writer.handle, reader, control }
  const worker = new Worker(new URL('./race-fixture.ts', import.meta.url), { workerData: work })
  workers.push(worker)
  const result = once(worker, 'message')
  const startedAt = performance.now()
  const deadline = startedAt + 15_000
  let version = 1
  const isEnough = (): boolean =>
    Atomics.load(control, 1) > 200_000 && version > 2000 && performance.now() > startedAt + 500
  while (!isEnough() && performance.now() < deadline) {
    writer.publish(raceRanges(++version))
    while (writer.hasWork && performance.now() < deadline) writer.maintain()
    if (version % 100 === 0) await nextTurn()
  }
  Atomics.store(control, 0, 1)
  expect(await result).toEqual([[]])
  expect(isEnough()).toBe(true)
})
