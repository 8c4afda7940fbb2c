import { nameToWire } from '../dns/name.ts'
import type { Name } from '../dns/name.ts'

/** The fields of an SOA record; times in seconds. */
export interface SoaFields {
  readonly mname: Name
  readonly rname: Name
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** The rdata of an SOA record (RFC 1035 §3.3.13), its names uncompressed. */
export function soaToWire({ mname, rname, ...soa }: SoaFields): Uint8Array {
  const numbers = Buffer.alloc(20)
  const { serial, refresh, retry, expire, minimum } = soa
  for (const [i, number] of [serial, refresh, retry, expire, minimum].entries()) {
    numbers.writeUInt32BE(number, 4 * i)
  }
  return Buffer.concat([nameToWire(mname), nameToWire(rname), numbers])
}
