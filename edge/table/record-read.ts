import { NAME_POINTER } from '../../shared/dns/name.ts'
import {
  ANSWERS_BITS,
  ANSWERS_MAX,
  BODY,
  COUNTS,
  LISTS,
  NAME,
  OTHERS_BITS,
  OTHERS_MAX,
  SHAPE,
} from './layout.ts'

/** Writes all sections of a record behind a question; see `TableReader.writeAnswer`. */
export function writeSections(
  words: Int32Array,
  ref: number,
  out: Uint8Array,
  message: number,
  off: number,
  nowSeconds: number,
): number {
  // In bounds here and below: a ref points to a whole record.
  const counts = words[ref + COUNTS]!
  // RFC 1035 §4.1.1
  const answers = counts & ANSWERS_MAX
  out[message + 6] = answers >>> 8
  out[message + 7] = answers
  const authorities = (counts >>> ANSWERS_BITS) & OTHERS_MAX
  out[message + 8] = authorities >>> 8
  out[message + 9] = authorities
  const additionals = counts >>> (ANSWERS_BITS + OTHERS_BITS)
  out[message + 10] = additionals >>> 8
  out[message + 11] = additionals
  const body = words[ref + BODY]!
  const bodyBytes = body & 0xffff
  const bodyWord = bodyWordOf(words, ref)
  const end = copyOctets(words, bodyWord, out, off, bodyBytes)
  const lists = words[ref + LISTS]!
  if (lists === 0) return end
  const listsWord = bodyWord + ((bodyBytes + 3) >> 2)
  // RFC 1035 §4.1.4: the apex is the end of the qname, before QTYPE and QCLASS.
  const pointer = NAME_POINTER | (off - message - 4 - (body >>> 16))
  const pointers = lists & 0xffff
  for (let i = 0; i < pointers; i++) {
    const at = off + numberAt(words, listsWord, i)
    out[at] = pointer >> 8
    out[at + 1] = pointer
  }
  const ttls = lists >>> 16
  if (ttls === 0) return end
  const storedAt = words[listsWord + ((pointers + ttls + 1) >> 1)]!
  const age = nowSeconds > storedAt ? nowSeconds - storedAt : 0
  for (let i = pointers; i < pointers + ttls; i++) {
    ageTtl(out, off + numberAt(words, listsWord, i), age)
  }
  return end
}

function ageTtl(out: Uint8Array, at: number, age: number): void {
  // In bounds: the TTL is within the body that was copied.
  const old = (out[at]! << 24) | (out[at + 1]! << 16) | (out[at + 2]! << 8) | out[at + 3]!
  // RFC 2181 §8: a TTL "with the most significant bit set" counts as zero.
  const ttl = old > age ? old - age : 0
  out[at] = ttl >> 24
  out[at + 1] = ttl >> 16
  out[at + 2] = ttl >> 8
  out[at + 3] = ttl
}

/** Number `i` of a list of 16-bit numbers. */
export function numberAt(words: Int32Array, listWord: number, i: number): number {
  const pair = words[listWord + (i >> 1)]!
  return (i & 1) === 0 ? pair & 0xffff : pair >>> 16
}

/** Whether the entry of a name lists a type. */
export function listsType(words: Int32Array, ref: number, qtype: number): boolean {
  const at = bodyWordOf(words, ref)
  const types = bodyBytesOf(words, ref) >> 1
  for (let i = 0; i < types; i++) if (numberAt(words, at, i) === qtype) return true
  return false
}

export function bodyBytesOf(words: Int32Array, ref: number): number {
  return words[ref + BODY]! & 0xffff
}

export function bodyWordOf(words: Int32Array, ref: number): number {
  return ref + NAME + (((words[ref + SHAPE]! & 0xff) + 3) >> 2)
}

/** Of what chooses: the number of the first answer. */
export function choicesFirstOf(words: Int32Array, ref: number): number {
  return numberAt(words, bodyWordOf(words, ref), 0)
}

/** Of what chooses: how many numbers its answers take up. */
export function choiceCountOf(words: Int32Array, ref: number): number {
  return numberAt(words, bodyWordOf(words, ref), 1)
}

/** Of what draws: the number of the answer for a `number` of 0 to 65,535. */
export function drawnChoiceOf(words: Int32Array, ref: number, number: number): number {
  const at = bodyWordOf(words, ref)
  const last = (bodyBytesOf(words, ref) >> 1) - 1
  let i = CHOOSER_HEAD
  while (i < last && number > numberAt(words, at, i)) i++
  return choicesFirstOf(words, ref) + i - CHOOSER_HEAD
}

/** Of what divides clients into buckets: the number of the answer for one of them. */
export function stickyChoiceOf(words: Int32Array, ref: number, bucket: number): number {
  // In bounds: it has all buckets.
  const word = words[bodyWordOf(words, ref) + (CHOOSER_HEAD >> 1) + (bucket >> 2)]!
  return choicesFirstOf(words, ref) + ((word >>> ((bucket & 3) << 3)) & 0xff)
}

/** Of what goes by the client's location: the number of its map. */
export function mapOf(words: Int32Array, ref: number): number {
  return numberAt(words, bodyWordOf(words, ref), CHOOSER_HEAD)
}

/** Numbers before those that a way of choosing has of its own; even. */
const CHOOSER_HEAD = 2

/** Where info-code and length of the EDE stand, in a record that has FLAG_EDE. */
export function edeWordOf(words: Int32Array, ref: number): number {
  const lists = words[ref + LISTS]!
  const ttls = lists >>> 16
  const listWords = ((lists & 0xffff) + ttls + 1) >> 1
  const bodyWords = (bodyBytesOf(words, ref) + 3) >> 2
  return bodyWordOf(words, ref) + bodyWords + listWords + (ttls > 0 ? 1 : 0)
}

/** Copies octets that are packed into words from `at` on to `out`; gives the place behind them. */
export function copyOctets(
  words: Int32Array,
  at: number,
  out: Uint8Array,
  off: number,
  bytes: number,
): number {
  const end = off + bytes
  const wholeEnd = end - 3
  // A loop: `set` wants a view of the words, whose making costs more than most answers.
  while (off < wholeEnd) {
    const word = words[at++]!
    out[off] = word
    out[off + 1] = word >> 8
    out[off + 2] = word >> 16
    out[off + 3] = word >> 24
    off += 4
  }
  for (let word = off < end ? words[at]! : 0; off < end; off++, word >>= 8) out[off] = word
  return end
}
