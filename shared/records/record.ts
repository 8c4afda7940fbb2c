import type { Name } from '../dns/name.ts'

/**
 * A record of a zone, of class IN. `owner` is canonical, so lower case (RFC 4343 §3); names in the rdata
 * keep the case in which they were written.
 */
export interface Record {
  readonly owner: Name
  readonly type: number
  /** Seconds, 0 to 2^31 - 1 (RFC 2181 §8). */
  readonly ttl: number
  /** Wire form, names uncompressed. */
  readonly rdata: Uint8Array
}

/** The longest rdata: RDLENGTH has 16 bits (RFC 1035 §3.2.1). */
export const RDATA_MAX_BYTES = 65_535
