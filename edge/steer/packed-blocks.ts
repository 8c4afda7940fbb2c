import { CLASS_IN, TYPE_SRV } from '../../shared/dns/codes.ts'
import type { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { NAME_MAX_BYTES, NAME_POINTER } from '../../shared/dns/name.ts'
import { ADDRESSES_MAX } from '../../shared/registry/limits.ts'
import { HEADER_BYTES } from '../query/query.ts'

/*
 * Records of the qname with room for what differs from app to app: made once, and written to for each.
 */

/** Owner (a pointer), type, class, TTL, RDLENGTH (RFC 1035 §3.2.1). */
export const RECORD_HEAD_BYTES = 12

/** Blocks of 0 to ADDRESSES_MAX address records of the qname, whole but for TTL and rdata. */
export function blocksOf(
  type: typeof TYPE_A | typeof TYPE_AAAA,
  octets: number,
): readonly Buffer[] {
  const head = Buffer.alloc(RECORD_HEAD_BYTES + octets)
  head.writeUInt16BE(NAME_POINTER | HEADER_BYTES, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(CLASS_IN, 4)
  head.writeUInt16BE(octets, 10)
  return Array.from({ length: ADDRESSES_MAX + 1 }, (_, count) =>
    Buffer.concat(Array.from({ length: count }, () => head)),
  )
}

/** Priority, weight and port of an SRV record (RFC 2782). */
export const SRV_HEAD_BYTES = 6

/** One SRV record of the qname, its priority 0, by the octets of its target; all in the same memory. */
export function srvViews(): readonly Buffer[] {
  const whole = Buffer.alloc(RECORD_HEAD_BYTES + SRV_HEAD_BYTES + NAME_MAX_BYTES)
  whole.writeUInt16BE(NAME_POINTER | HEADER_BYTES, 0)
  whole.writeUInt16BE(TYPE_SRV, 2)
  whole.writeUInt16BE(CLASS_IN, 4)
  return Array.from({ length: NAME_MAX_BYTES + 1 }, (_, bytes) =>
    whole.subarray(0, RECORD_HEAD_BYTES + SRV_HEAD_BYTES + bytes),
  )
}
