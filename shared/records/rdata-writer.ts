import { RDATA_MAX_BYTES } from './record.ts'

/** Room beyond the longest rdata, so that a name or number is written before it is found too much. */
const MARGIN_BYTES = 512

/** Puts an rdata together. It can be used again after `take`. */
export class RdataWriter {
  readonly #bytes = Buffer.alloc(RDATA_MAX_BYTES + MARGIN_BYTES)
  #length = 0
  #isOver = false

  /** Forgets what was written. */
  reset(): void {
    this.#length = 0
    this.#isOver = false
  }

  uint(value: number, bytes: 1 | 2 | 4): void {
    if (this.#has(bytes)) this.#length = this.#bytes.writeUIntBE(value, this.#length, bytes)
  }

  octets(octets: Uint8Array): void {
    if (!this.#has(octets.length)) return
    this.#bytes.set(octets, this.#length)
    this.#length += octets.length
  }

  /** Writes one octet for each character. */
  latin1(text: string): void {
    if (this.#has(text.length)) this.#length += this.#bytes.write(text, this.#length, 'latin1')
  }

  /** A copy of what was written; undefined when it is longer than an rdata can be. */
  take(): Uint8Array | undefined {
    if (this.#isOver || this.#length > RDATA_MAX_BYTES) return undefined
    return new Uint8Array(this.#bytes.subarray(0, this.#length))
  }

  #has(count: number): boolean {
    if (this.#length + count > this.#bytes.length) this.#isOver = true
    return !this.#isOver
  }
}
