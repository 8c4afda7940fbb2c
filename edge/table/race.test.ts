import { performance } from 'node:perf_hooks'
import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { raceBody } from './race-fixture.ts'
import type { RaceResult, RaceWork } from './race-fixture.ts'
import { SMALL_BYTES, answerOf, keyOf } from './table-fixture.ts'
import { TableWriter } from './writer.ts'

/** Always there, and replaced all the time. */
const STEADY = 200
/** Put and deleted all the time. */
const CHURNED = 200
const READERS = 2
/** Old records that may wait for readers: far less than fits. */
const WAITING = 10_000

const keys = Array.from({ length: STEADY + CHURNED }, (_, i) => keyOf(`app${i}.mesh.example`))

const workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

function shared(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length))
}

interface Readers {
  readonly there: Int32Array
  readonly gone: Int32Array
  readonly control: Int32Array
  readonly results: Promise<readonly RaceResult[]>
}

function startReaders(writer: TableWriter, count: number): Readers {
  const there = shared(keys.length)
  const gone = shared(keys.length)
  const control = shared(1 + count)
  const results = Array.from({ length: count }, () => {
    const worker = startReader({ writer, there, gone, control, dieAfter: -1 })
    return once(worker, 'message').then(([result]) => result as RaceResult)
  })
  return { there, gone, control, results: Promise.all(results) }
}

function startReader(
  options: { readonly writer: TableWriter } & Omit<RaceWork, 'handle' | 'reader' | 'keys'>,
): Worker {
  const { writer, ...rest } = options
  const work: RaceWork = {
    ...rest,
    handle: writer.handle,
    reader: writer.addReader() ?? -1,
    keys: keys.map((key) => key.qname),
  }
  const fixture = new URL(`./race-fixture${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(fixture, { workerData: work })
  workers.push(worker)
  return worker
}

/** Waits until every reader has looked keys up. */
async function waitForReaders(control: Int32Array): Promise<void> {
  const deadline = performance.now() + 10_000
  const isWaiting = (): boolean =>
    control.subarray(1).some((_, i) => Atomics.load(control, 1 + i) === 0)
  while (isWaiting()) {
    if (performance.now() > deadline) throw new Error('the readers do not start')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('readers on other threads see whole answers, none too old, and miss none, through all changes', async () => {
  const writer = new TableWriter({ maxBytes: 4 * SMALL_BYTES })
  const { there, gone, control, results } = startReaders(writer, READERS)
  await waitForReaders(control)

  const versions = new Int32Array(keys.length)
  const put = (i: number): void => {
    const key = keys[i]
    if (key === undefined) return
    versions[i] = (versions[i] ?? 0) + 1
    writer.put(key, answerOf(raceBody(i, versions[i] ?? 0)))
    if (i < STEADY) Atomics.store(there, i, versions[i] ?? 0)
  }
  let random = 99
  let flood = 0
  let changes = 0
  const flooded: number[] = []
  const startedAt = performance.now()
  // At least a second, then until enough was done: the machine may be busy.
  const isEnough = (): boolean =>
    performance.now() > startedAt + 1000 &&
    changes > 20_000 &&
    writer.stats().indexRebuilds > 2 &&
    control.subarray(1).every((_, i) => Atomics.load(control, 1 + i) > 20_000)
  for (let i = 0; i < STEADY; i++) put(i)
  while (!isEnough() && performance.now() < startedAt + 12_000) {
    // A reader may have been put aside by the system within a batch; memory would run out.
    while (writer.stats().waiting > WAITING && performance.now() < startedAt + 12_000) {
      writer.maintain()
    }
    for (let n = 0; n < 200; n++, changes++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff
      const i = (random >>> 8) % keys.length
      const key = keys[i]
      if (key === undefined) continue
      if (i < STEADY || (random & 4) === 0) put(i)
      else if (writer.delete(key)) Atomics.store(gone, i, versions[i] ?? 0)
    }
    // The index grows and shrinks again beneath them.
    if (flooded.length < 4000) {
      for (let n = 0; n < 100; n++) {
        flooded.push(flood)
        writer.put(keyOf(`flood${flood++}.example`), answerOf(Buffer.alloc(flood % 200)))
      }
    } else for (const n of flooded.splice(0)) writer.delete(keyOf(`flood${n}.example`))
  }
  Atomics.store(control, 0, 1)
  const all = await results

  expect(all.map((result) => result.faults)).toEqual(all.map(() => []))
  for (const { found, missed } of all) {
    expect(found).toBeGreaterThan(1000)
    expect(missed).toBeGreaterThan(100)
  }
  expect(isEnough()).toBe(true)
  expect(writer.stats().refused).toBe(0)
  // Nothing leaks.
  for (const key of keys) writer.delete(key)
  for (const n of flooded) writer.delete(keyOf(`flood${n}.example`))
  while (writer.hasWork) writer.maintain()
  expect(writer.stats()).toMatchObject({ entries: 0, recordBytes: 0, waiting: 0 })
})

it('the memory that a thread held when it died in a batch comes back when it is removed', async () => {
  const writer = new TableWriter({ maxBytes: SMALL_BYTES })
  const [key] = keys
  if (key === undefined) throw new Error('no key')
  writer.put(key, answerOf(raceBody(0, 1)))
  const options = {
    writer,
    there: shared(keys.length),
    gone: shared(keys.length),
    control: shared(2),
  }
  const worker = startReader({ ...options, dieAfter: 10 })
  await once(worker, 'exit')
  for (let version = 2; version < 1000; version++) writer.put(key, answerOf(raceBody(0, version)))
  writer.maintain()
  expect(writer.stats().waiting).toBe(998)
  writer.removeReader(0)
  writer.maintain()
  expect(writer.stats()).toMatchObject({ waiting: 0, readers: 0, entries: 1 })
})
