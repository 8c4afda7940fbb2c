import type { ChangeRecord } from '../model/events.ts'
import { damaged } from './log-errors.ts'
import { decodeRecord } from './record.ts'
import { findFault } from './sqlite-check.ts'
import type { LogReader } from './sqlite-reader.ts'

/** What a read goes through. */
export interface RecordSource {
  /** File or topic, for errors. */
  readonly name: string
  /** The reader of the file as it is now. */
  readonly reader: () => LogReader
  readonly hashAt: (version: number) => string | undefined
  /** Throws once the log is closed. */
  readonly assertOpen: () => void
}

/** Yields the records after a version, up to `head`; each is checked against the one before it. */
export function* checkedRecords(
  source: RecordSource,
  afterVersion: number,
  head: number,
): Generator<ChangeRecord, void, undefined> {
  if (afterVersion >= head) return
  const { name, reader, assertOpen } = source
  let version = afterVersion
  let hash = source.hashAt(version)
  if (hash === undefined) throw damaged(name, version, 'it is missing')
  while (version < head) {
    assertOpen()
    for (const row of reader().rows(version, head)) {
      assertOpen()
      const fault = findFault(row, hash, version + 1)
      if (fault !== undefined) throw damaged(name, version + 1, fault)
      yield decodeRecord(name, row.version, row.payload)
      hash = row.hash
      version = row.version
    }
  }
}
