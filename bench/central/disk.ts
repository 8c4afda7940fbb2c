import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { systemClock } from '../../shared/clock.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { ascending } from '../report/statistics.ts'

/** Of a page of SQLite, and of most disks. */
const BLOCK_BYTES = 4096
const WRITES = 200

/** Appends blocks to a file, each flushed before the next; returns how long each took in ms, ascending. */
export function timeFlushes(folder: BenchFolder): Float64Array {
  const path = folder.path('flushes')
  const fd = openSync(path, 'w')
  const block = Buffer.alloc(BLOCK_BYTES, 1)
  const times: number[] = []
  try {
    for (let i = 0; i < WRITES; i++) {
      const startedAt = systemClock.nowMs()
      writeSync(fd, block)
      fsyncSync(fd)
      times.push(systemClock.nowMs() - startedAt)
    }
  } finally {
    closeSync(fd)
    rmSync(path)
  }
  return ascending(times)
}
