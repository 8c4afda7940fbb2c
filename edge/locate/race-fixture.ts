import { parentPort, workerData } from 'node:worker_threads'
import type { TableHandle } from '../table/layout.ts'
import { TableReader } from '../table/reader.ts'
import type { LocationHandle } from './location-layout.ts'
import { LocationReader } from './location-reader.ts'
import { RangeList, emptyFamily } from './ranges.ts'
import type { Ranges } from './ranges.ts'

/** A reader on a thread of its own, which looks addresses up without end. */
export interface RaceWork {
  readonly table: TableHandle
  readonly locations: LocationHandle
  readonly reader: number
  /** 0: run, 1: stop; then the look-ups that were made. */
  readonly control: Int32Array
}

/** So many ranges has a version of the table, at least. */
const RANGES = 500
/** Numbers of a version lie so far above those of the one before. */
const VERSION = 4096

/**
 * A version of the table: as many ranges as it says, of equal size, each with a number of its own. What
 * an address has to have, and its scope, follow from the version.
 */
export function raceRanges(version: number): Ranges {
  const log2 = 9 + (version % 3)
  const list = new RangeList(1, RANGES)
  for (let i = 0; i < 2 ** log2; i++) {
    list.begin(Int32Array.of((i << (32 - log2)) ^ 0x8000_0000), 0, version * VERSION + i)
  }
  return { v4: list.end(), v6: emptyFamily(4) }
}

function isRaceWork(value: unknown): value is RaceWork {
  return typeof value === 'object' && value !== null && 'locations' in value
}

function race({ table, locations, reader: index, control }: RaceWork): readonly string[] {
  const batches = new TableReader(table, index)
  const reader = new LocationReader(locations)
  const faults: string[] = []
  let random = 12_345
  let last = 0
  while (Atomics.load(control, 0) === 0 && faults.length < 5) {
    batches.beginBatch(1)
    for (let i = 0; i < 64; i++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) | 0
      reader.locate4(random)
      const { number, scope } = reader
      const version = Math.floor(number / VERSION)
      const log2 = 9 + (version % 3)
      if (version < last) faults.push(`version ${version} after ${last}`)
      if (number !== version * VERSION + (random >>> (32 - log2))) faults.push(`number ${number}`)
      if (scope !== log2) faults.push(`scope ${scope} of version ${version}`)
      last = version
    }
    batches.endBatch()
    Atomics.add(control, 1, 64)
  }
  return faults
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a worker has none
if (parentPort !== null && isRaceWork(workerData)) parentPort.postMessage(race(workerData))
