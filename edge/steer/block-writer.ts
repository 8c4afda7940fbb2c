import { CLASS_IN, TYPE_A, TYPE_AAAA, TYPE_TXT } from '../../shared/dns/codes.ts'
import { MESSAGE_MAX_BYTES } from '../../shared/dns/framing.ts'
import { NAME_POINTER } from '../../shared/dns/name.ts'
import { keyOfWire } from '../../shared/records/follow.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { rdataNames } from '../../shared/records/rdata.ts'
import { HEADER_BYTES } from '../query/query.ts'
import type { RecordBlock } from '../query/records.ts'

/** The root as a key. */
const ROOT = '\0'
/** Octets of a record of an app before its rdata; its owner is a pointer (RFC 1035 §4.1.3). */
const HEAD_BYTES = 12
/** Of these, those of the owner. */
const OWNER_BYTES = 2

/**
 * Puts blocks of records together that stand in wire form already. Names are keys (`nameKey`). What ends with
 * the apex is written with a pointer to it (see `RecordBlock`), what is the qname with one to that.
 */
export class BlockWriter {
  readonly #out = Buffer.alloc(MESSAGE_MAX_BYTES)
  #end = 0
  #count = 0
  #apexPointers: number[] = []
  #qname = ''
  #apex = ROOT
  #isTooLarge = false

  /** Begins a block for questions of a name, which `apex` is at or above. */
  begin(qname: string, apex: string): this {
    this.#end = 0
    this.#count = 0
    this.#apexPointers = []
    this.#qname = qname
    this.#apex = apex
    this.#isTooLarge = false
    return this
  }

  /** Adds the records of a name. */
  add(owner: string, { type, ttl, rdata }: WireRrset): this {
    for (const one of rdata) {
      this.#writeOwner(owner)
      this.#writeUInt16(type)
      this.#writeUInt16(CLASS_IN)
      this.#writeUInt32(ttl)
      const lengthAt = this.#end
      this.#writeUInt16(0)
      this.#writeRdata(type, one)
      if (this.#isTooLarge) return this
      this.#out.writeUInt16BE(this.#end - lengthAt - 2, lengthAt)
      this.#count++
    }
    return this
  }

  /** Adds the records of an app's answer, which have no pointers but to the qname: to another owner. */
  addAnswer(owner: string, { bytes, count }: RecordBlock): this {
    let off = 0
    for (let i = 0; i < count && !this.#isTooLarge; i++) {
      const end = off + HEAD_BYTES + bytes.readUInt16BE(off + HEAD_BYTES - 2)
      this.#writeOwner(owner)
      this.#writeBytes(bytes.subarray(off + OWNER_BYTES, end))
      off = end
      this.#count++
    }
    return this
  }

  /** What was added; undefined when it is nothing, or too large for a message. */
  take(): RecordBlock | undefined {
    if (this.#isTooLarge || this.#count === 0) return undefined
    const bytes = Buffer.from(this.#out.subarray(0, this.#end))
    return { bytes, count: this.#count, apexPointers: this.#apexPointers }
  }

  /** Whether something did not fit. */
  get isTooLarge(): boolean {
    return this.#isTooLarge
  }

  #writeOwner(owner: string): void {
    if (owner === this.#qname) this.#writeUInt16(NAME_POINTER | HEADER_BYTES)
    else this.#writeName(owner, Buffer.from(owner, 'latin1'))
  }

  #writeRdata(type: number, rdata: Uint8Array): void {
    if (type === TYPE_A || type === TYPE_AAAA || type === TYPE_TXT) {
      this.#writeBytes(rdata)
      return
    }
    let from = 0
    for (const { at, mayCompress } of rdataNames(type, rdata)) {
      // RFC 3597 §4: only names in the rdata of well-known types may be compressed.
      if (!mayCompress) continue
      const key = keyOfWire(rdata, at)
      this.#writeBytes(rdata.subarray(from, at))
      this.#writeName(key, rdata.subarray(at, at + key.length))
      from = at + key.length
    }
    this.#writeBytes(rdata.subarray(from))
  }

  /** `wire`: the same name in its own case. */
  #writeName(key: string, wire: Uint8Array): void {
    const at = this.#apex === ROOT ? -1 : suffixAt(key, this.#apex)
    if (at < 0) {
      this.#writeBytes(wire)
      return
    }
    this.#writeBytes(wire.subarray(0, at))
    this.#apexPointers.push(this.#end)
    this.#writeUInt16(NAME_POINTER)
  }

  #writeBytes(bytes: Uint8Array): void {
    if (!this.#hasRoom(bytes.length)) return
    this.#out.set(bytes, this.#end)
    this.#end += bytes.length
  }

  #writeUInt16(value: number): void {
    if (this.#hasRoom(2)) this.#end = this.#out.writeUInt16BE(value, this.#end)
  }

  #writeUInt32(value: number): void {
    if (this.#hasRoom(4)) this.#end = this.#out.writeUInt32BE(value, this.#end)
  }

  #hasRoom(bytes: number): boolean {
    if (this.#end + bytes > MESSAGE_MAX_BYTES) this.#isTooLarge = true
    return !this.#isTooLarge
  }
}

/** Where the name `suffix` begins in a name that is at or below it; -1 elsewhere. */
export function suffixAt(key: string, suffix: string): number {
  let off = 0
  while (key.length - off > suffix.length) off += 1 + key.charCodeAt(off)
  return key.length - off === suffix.length && key.endsWith(suffix) ? off : -1
}
