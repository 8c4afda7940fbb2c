/**
 * DNS messages on a stream.
 *
 * RFC 1035 §4.2.2: "The message is prefixed with a two byte length field which gives the message
 * length, excluding the two byte length field."
 *
 *     +--------+--------+--------- … ---------+--------+--------+-- …
 *     |  length n (BE)  |  message, n octets  |  length of the next
 *     +--------+--------+--------- … ---------+--------+--------+-- …
 */

/** The largest message: what two octets of length can say. */
export const MESSAGE_MAX_BYTES = 65_535

const LENGTH_BYTES = 2

/** The smallest buffer that is taken to gather a split message. */
const GATHER_MIN_BYTES = 512

/**
 * Returns a new buffer with the length and a copy of the message, to be written by one call.
 * RFC 7766 §8: length field and message "at the same time (e.g., in a single "write" system call)".
 * Throws RangeError when the message is longer than `MESSAGE_MAX_BYTES`.
 */
export function frameMessage(message: Buffer): Buffer {
  if (message.length > MESSAGE_MAX_BYTES) {
    throw new RangeError(`a message of ${message.length} octets, at most ${MESSAGE_MAX_BYTES}`)
  }
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + message.length)
  framed.writeUInt16BE(message.length, 0)
  message.copy(framed, LENGTH_BYTES)
  return framed
}

/**
 * Cuts a stream into messages, however it was split. Holds at most what was pushed and not yet
 * taken by `next`; whoever pushes bounds that by pushing only when `next` has given undefined.
 */
export class FrameReader {
  /** Octets `#start` to `#end` are pushed and not taken; those before belong to messages given. */
  #buf: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** True when `#buf` was allocated here, so that octets after `#end` are free to be written. */
  #gathering = false

  /** Adds what was read; the chunk belongs to the reader from then on. */
  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#buf = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#gathering = false
      return
    }
    // Doubling keeps the copying linear when a message trickles in octet by octet. Octets before
    // `#end` are never written again: they may be part of a message that was given away.
    if (!this.#gathering || this.#buf.length - this.#end < chunk.length) {
      const pending = this.pendingBytes
      const grown = Buffer.allocUnsafeSlow(Math.max(GATHER_MIN_BYTES, 2 * (pending + chunk.length)))
      this.#buf.copy(grown, 0, this.#start, this.#end)
      this.#buf = grown
      this.#start = 0
      this.#end = pending
      this.#gathering = true
    }
    chunk.copy(this.#buf, this.#end)
    this.#end += chunk.length
  }

  /**
   * Takes the next whole message (empty when its length is zero); undefined when there is none yet.
   * The message is a view that nobody else writes to; it belongs to the caller.
   */
  next(): Buffer | undefined {
    if (this.pendingBytes < LENGTH_BYTES) return undefined
    const messageStart = this.#start + LENGTH_BYTES
    const messageEnd = messageStart + this.#buf.readUInt16BE(this.#start)
    if (messageEnd > this.#end) return undefined
    this.#start = messageEnd
    return this.#buf.subarray(messageStart, messageEnd)
  }

  /** Octets that were pushed and not taken: more than 0 after the last `next` = a message begun. */
  get pendingBytes(): number {
    return this.#end - this.#start
  }
}
