/** The program of the thread that reads mmdb files: it reads them once, posts what they say, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadMmdb } from './mmdb-load.ts'
import type { MmdbData } from './mmdb-load.ts'
import { isMmdbWork } from './mmdb-messages.ts'
import type { MmdbMessage } from './mmdb-messages.ts'
import type { FamilyRanges } from './ranges.ts'

function post(message: MmdbMessage): void {
  const buffers = message.ok ? buffersOf(message.data) : []
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
  parentPort?.postMessage(message, buffers)
}

/** The memory that is handed over instead of being copied. */
function buffersOf({ ranges: { v4, v6 }, places }: MmdbData): ArrayBuffer[] {
  const { latitudes, longitudes, countries, continents, regions, asns } = places
  const ofRanges = [v4.starts, v4.numbers, v6.starts, v6.numbers]
  const ofPlaces = [latitudes, longitudes, countries, continents, regions, asns]
  return [...ofRanges, ...ofPlaces].map(({ buffer }) => buffer)
}

/** Without the memory behind that was taken for more ranges. */
function trim({ starts, numbers }: FamilyRanges): FamilyRanges {
  return { starts: starts.slice(), numbers: numbers.slice() }
}

if (!isMmdbWork(workerData)) throw new TypeError('this thread is started by an Mmdb only')
const loaded = loadMmdb(workerData.files, workerData.bounds)
if (loaded.ok) {
  const { v4, v6 } = loaded.data.ranges
  post({ ok: true, data: { ...loaded.data, ranges: { v4: trim(v4), v6: trim(v6) } } })
} else post(loaded)
