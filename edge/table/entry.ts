import { RCODE_NOERROR } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'

/** A question, and what else its answer depends on. */
export interface TableKey {
  /** In wire form, any case. */
  readonly qname: Uint8Array
  readonly qtype: number
  readonly qclass: number
  /** 0 to 252. */
  readonly variant: number
}

/** What is known of all types and names of a zone. */
export interface ZoneFlags {
  /** Every name of the zone has a name entry: what has none does not exist. */
  readonly isWhole: boolean
  /** Names without an entry may be answered by a wildcard, which is looked for. */
  readonly hasWildcards: boolean
  /**
   * It has names that stand for all below them, which are looked for above names without an entry: cuts,
   * and owners of DNAME.
   */
  readonly hasSubtrees: boolean
}

/** How much an entry was used. */
export interface EntryUse {
  readonly hits: number
  /** Seconds of the clock that readers are told; 0 is never. */
  readonly lastUsedSeconds: number
  readonly expiresAtSeconds: number
}

/** Figures of the table, for metrics. */
export interface TableStats {
  readonly entries: number
  /** Blocks of records, those that wait for readers included. */
  readonly recordBytes: number
  /** What the system holds for records and index; at most `maxBytes`. */
  readonly heldBytes: number
  /** Puts that did not fit, ever. */
  readonly refused: number
  /** Old records that a reader may still be reading. */
  readonly waiting: number
  readonly indexSlots: number
  readonly indexRebuilds: number
  readonly readers: number
}

/** What entries hold that are no answers. */
export const noAnswer: Answer = {
  rcode: RCODE_NOERROR,
  authoritative: false,
  answer: undefined,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: 1,
  ede: undefined,
}
