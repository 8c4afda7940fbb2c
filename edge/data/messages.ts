import type { BatchMemory } from '../../shared/native/batch-memory.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { TableHandle } from '../table/layout.ts'

/** What a data thread is started with. */
export interface ThreadData {
  readonly address: string
  readonly reusePort: boolean
  /** Asked of the kernel in both directions. */
  readonly socketBufferBytes: number
  readonly memory: BatchMemory
  readonly control: SharedArrayBuffer
  readonly counts: SharedArrayBuffer
  readonly table: TableHandle
  readonly readerIndex: number
  readonly inFlightMax: number
  readonly nsid: Uint8Array
  /** Where clients are; undefined where it is of no account. */
  readonly clients: ClientHandles | undefined
  /** From one sample of the answers to the next at least, in ms; 0 for none. */
  readonly sampleEveryMs: number
}

/** A query that the control thread is to answer, and the peer that it came from. */
export interface Miss {
  readonly wire: Uint8Array
  readonly peer: Uint8Array
}

/** What a data thread posts. */
export type ThreadMessage =
  | { readonly is: 'open'; readonly handle: number; readonly port: number }
  | { readonly is: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly is: 'misses'; readonly misses: readonly Miss[] }
  /** An answer that was given, and to whom. */
  | { readonly is: 'sample'; readonly answer: Uint8Array; readonly peer: Uint8Array }

/** Workers are given anything: this one only what a `DataListener` gives. */
export function isThreadData(value: unknown): value is ThreadData {
  return typeof value === 'object' && value !== null && 'readerIndex' in value && 'table' in value
}
