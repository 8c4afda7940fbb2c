import type { LoadedMmdb, MmdbBounds, MmdbFiles } from './mmdb-load.ts'

/** What the thread that reads mmdb files is started with. */
export interface MmdbWork {
  readonly is: 'mmdb'
  readonly files: MmdbFiles
  readonly bounds: MmdbBounds
}

/** What the thread posts, once. */
export type MmdbMessage = LoadedMmdb

/** Workers are given anything: this one only what an `Mmdb` gives. */
export function isMmdbWork(value: unknown): value is MmdbWork {
  return typeof value === 'object' && value !== null && 'is' in value && value.is === 'mmdb'
}
