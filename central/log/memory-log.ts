import { randomBytes } from 'node:crypto'
import type { ChangeRecord, NewChange } from '../model/events.ts'
import type { EventLog, RecordListener } from './event-log.ts'
import { Followers } from './followers.ts'
import { assertVersion, conflict, unavailable } from './log-errors.ts'
import { decodeRecord, encodeChange, hashOfLog, hashOfRecord } from './record.ts'

const NAME = 'memory log'

/** Creates an empty log that lives in memory and grows without bound: for tests and simulations. */
export function createMemoryLog(): EventLog {
  return new MemoryLog()
}

class MemoryLog implements EventLog {
  readonly id = randomBytes(16).toString('hex')
  /** Payload of version n at n - 1. Text, so that a record is as far from its writer as in a file. */
  readonly #payloads: string[] = []
  /** Hash of version n at n. */
  readonly #hashes: string[] = [hashOfLog(this.id)]
  readonly #followers = new Followers()
  #isClosed = false

  get head(): number {
    return this.#payloads.length
  }

  async append(
    expectedHead: number,
    changes: readonly NewChange[],
  ): Promise<readonly ChangeRecord[]> {
    if (this.#isClosed) throw unavailable(NAME, 'the log is closed')
    if (expectedHead !== this.head) throw conflict(NAME, expectedHead, this.head)
    const payloads = changes.map(encodeChange)
    for (const payload of payloads) {
      const previous = this.#hashes.at(-1) ?? hashOfLog(this.id)
      this.#hashes.push(hashOfRecord(previous, this.#hashes.length, payload))
      this.#payloads.push(payload)
    }
    const records = changes.map((change, i) => ({ ...change, version: expectedHead + i + 1 }))
    this.#followers.tell(records)
    return records
  }

  follow(listener: RecordListener): () => void {
    return this.#followers.add(listener)
  }

  read(afterVersion: number): Iterable<ChangeRecord> {
    assertVersion(afterVersion)
    return this.#records(afterVersion, this.head)
  }

  hashAt(version: number): string | undefined {
    if (this.#isClosed) throw unavailable(NAME, 'the log is closed')
    return this.#hashes[version]
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  *#records(afterVersion: number, head: number): Generator<ChangeRecord, void, undefined> {
    for (let version = afterVersion + 1; version <= head; version++) {
      if (this.#isClosed) throw unavailable(NAME, 'the log is closed')
      const payload = this.#payloads[version - 1]
      if (payload !== undefined) yield decodeRecord(NAME, version, payload)
    }
  }
}
