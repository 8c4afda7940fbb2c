import type { SharedBudgetHandle } from '../listen/shared-budget.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { TableHandle } from '../table/layout.ts'

/** What bounds the connections of a stream thread; see `listen/options.ts`. */
export interface StreamLimits {
  readonly idleTimeoutMs: number
  readonly inFlightMax: number
  readonly drainMs: number
}

/** What a stream thread is started with. */
export interface StreamThreadData {
  readonly address: string
  readonly limits: StreamLimits
  readonly budget: SharedBudgetHandle
  /** The thread's number in the budget. */
  readonly member: number
  readonly control: SharedArrayBuffer
  readonly counts: SharedArrayBuffer
  readonly stats: SharedArrayBuffer
  readonly table: TableHandle
  readonly readerIndex: number
  readonly nsid: Uint8Array
  /** Where clients are; undefined where it is of no account. */
  readonly clients: ClientHandles | undefined
}

/** A query that the control thread is to answer. */
export interface StreamMiss {
  /** Of the thread, never given twice; the reply has it. */
  readonly id: number
  readonly wire: Uint8Array
  readonly family: 4 | 6
  readonly address: string
  readonly port: number
}

/** The control thread's answer to a miss; undefined = none. */
export interface StreamReply {
  readonly id: number
  readonly answer: Uint8Array | undefined
}

/** What a stream thread posts. */
export type FromStreamThread =
  | { readonly is: 'open'; readonly port: number }
  | { readonly is: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly is: 'misses'; readonly misses: readonly StreamMiss[] }

/** What a stream thread is posted. */
export type ToStreamThread =
  | { readonly is: 'start'; readonly port: number }
  | { readonly is: 'drain' }
  | { readonly is: 'replies'; readonly replies: readonly StreamReply[] }

/** Workers are given anything: this one only what a `StreamListener` gives. */
export function isStreamThreadData(value: unknown): value is StreamThreadData {
  return typeof value === 'object' && value !== null && 'budget' in value && 'readerIndex' in value
}
