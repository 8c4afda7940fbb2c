import type { Name } from '../dns/name.ts'
import type { RdataWriter } from './rdata-writer.ts'
import type { WordReader } from './word-reader.ts'
import type { Fault } from './words.ts'

/** A part of an rdata, in text and in wire form. */
export interface Field {
  /** Takes its words and writes what they say; returns what is wrong with them. */
  readonly read: (words: WordReader, out: RdataWriter) => Fault | undefined
  /**
   * Returns the offset behind it; undefined when it is not well-formed. `bytes` ends where the rdata
   * ends, and may begin before it.
   */
  readonly skip: (bytes: Uint8Array, off: number) => number | undefined
  /** Shows what stands at an offset, which `skip` took; undefined when it has no text form. */
  readonly show: (rdata: Uint8Array, off: number, origin: Name | undefined) => string | undefined
  /** How a name may be written in messages; absent for what is no name. */
  readonly compression?: Compression
}

/**
 * RFC 3597 §4: names in the types of RFC 1035 may be compressed (`sent`); in some others they must not
 * be, but are understood when they come so (`received`); in all later ones `never`.
 */
export type Compression = 'sent' | 'received' | 'never'
