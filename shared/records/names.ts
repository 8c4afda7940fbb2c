import {
  LABEL_MAX_BYTES,
  NAME_MAX_BYTES,
  nameFromMessage,
  nameFromWire,
  nameToWire,
  parseName,
} from '../dns/name.ts'
import type { Name } from '../dns/name.ts'

/**
 * Names of master files. `shared/dns/name.ts` checks and converts them; here is what it leaves out: names
 * relative to an origin, and the case of letters, which is laid over what it made.
 */

export type ReadName =
  | { readonly ok: true; readonly name: Name; readonly absolute: string }
  | { readonly ok: false; readonly reason: string }

/**
 * Reads a name as it is written in a master file; `absolute` is its text with the origin behind it. The
 * reason of a refusal is half a sentence.
 */
export function readName(text: string, origin: Name | undefined): ReadName {
  // RFC 1035 §5.1: "A free standing @ is used to denote the current origin."
  if (text === '@') {
    return origin === undefined
      ? { ok: false, reason: noOrigin }
      : { ok: true, name: origin, absolute: origin }
  }
  const plain = text.includes('\\') ? withPlainEscapes(text) : text
  let absolute = plain
  if (!endsWithDot(plain)) {
    if (origin === undefined && plain !== '') return { ok: false, reason: noOrigin }
    // RFC 1035 §5.1: "Domain names that do not end in a dot are called relative; the actual domain name is
    // the concatenation of the relative part with an origin"
    if (plain !== '') absolute = origin === '.' ? `${plain}.` : `${plain}.${origin}`
  }
  const parsed = parseName(absolute)
  return parsed.ok ? { ok: true, name: parsed.name, absolute } : parsed
}

const noOrigin = 'is relative, and there is no origin: an absolute name or $ORIGIN is wanted'

/** RFC 1035 §5.1: `\X` stands for any X but a digit; `parseName` takes only visible ones. */
function withPlainEscapes(text: string): string {
  return text.replaceAll(/\\([^\d])/gs, (escape, char: string) => {
    const code = char.charCodeAt(0)
    return code > 0x20 && code < 0x7f ? escape : `\\${String(code).padStart(3, '0')}`
  })
}

/** Whether the last character is a dot that no backslash escapes. */
function endsWithDot(text: string): boolean {
  if (!text.endsWith('.')) return false
  let backslashes = 0
  while (text.charCodeAt(text.length - 2 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 0
}

/** Encodes a name that was read, in the case in which it was written. */
export function readNameToWire({ name, absolute }: { name: Name; absolute: string }): Uint8Array {
  const wire = nameToWire(name)
  if (name === '.' || !/[A-Z\\]/.test(absolute)) return wire
  let off = 1
  for (let i = 0; i < absolute.length; i++) {
    const char = absolute.charCodeAt(i)
    if (char === DOT) {
      off++
    } else if (char !== BACKSLASH) {
      wire[off++] = char
    } else if (isDigit(absolute.charCodeAt(i + 1))) {
      wire[off++] = Number(absolute.slice(i + 1, i + 4))
      i += 3
    } else {
      wire[off++] = absolute.charCodeAt(++i)
    }
  }
  return wire
}

/**
 * The offset behind an uncompressed name; undefined when it runs out of the octets, is too long, or
 * holds a pointer.
 */
export function skipName(bytes: Uint8Array, off: number): number | undefined {
  const start = off
  for (;;) {
    const length = bytes[off]
    if (length === undefined || length > LABEL_MAX_BYTES) return undefined
    off += length + 1
    if (off > bytes.length || off - start > NAME_MAX_BYTES) return undefined
    if (length === 0) return off
  }
}

/** Shows an uncompressed name in its own case; relative to an origin when that is given. */
export function showName(rdata: Uint8Array, off: number, origin: Name | undefined): string {
  const name = nameFromWire(rdata, off)
  if (name === undefined) throw new RangeError(`no name at ${off}`)
  // What has the origin in another case stays absolute: below it that case would be lost.
  return relativeName(withCase(name, rdata, off + 1), origin)
}

/** The text of a name as it may stand below `$ORIGIN`; as it is when not under the origin. */
export function relativeName(name: Name, origin: Name | undefined): string {
  if (origin === undefined) return name
  if (name === origin) return '@'
  if (origin === '.') return name.slice(0, -1)
  return name.endsWith(`.${origin}`) ? name.slice(0, -origin.length - 1) : name
}

/** Lays the case of letters in wire form over a text: one character or escape stands for each octet. */
function withCase(text: string, wire: Uint8Array, off: number): string {
  let cased = ''
  let from = 0
  for (let i = 0; i < text.length; i++, off++) {
    const octet = wire[off] ?? 0
    if (text.charCodeAt(i) === BACKSLASH) {
      i += 3
    } else if (octet >= 0x41 && octet <= 0x5a && text.charCodeAt(i) === octet + 0x20) {
      cased += text.slice(from, i) + String.fromCharCode(octet)
      from = i + 1
    }
  }
  return cased + text.slice(from)
}

/** Copies a name of a message, with its pointers followed and its case kept. */
export function copyName(
  message: Uint8Array,
  off: number,
): { readonly wire: Uint8Array; readonly end: number } | undefined {
  const read = nameFromMessage(message, off)
  if (read === undefined) return undefined
  const wire = nameToWire(read.name)
  let at = 0
  // `nameFromMessage` has proved that the labels end and lie within the message.
  for (;;) {
    const length = message[off] ?? 0
    if (length > LABEL_MAX_BYTES) {
      off = ((length & 0x3f) << 8) | (message[off + 1] ?? 0)
    } else if (length === 0) {
      return { wire, end: read.end }
    } else {
      wire.set(message.subarray(off + 1, off + 1 + length), at + 1)
      at += length + 1
      off += length + 1
    }
  }
}

/** Makes the letters of an uncompressed name lower case, where it stands. */
export function lowerName(bytes: Uint8Array, off: number): void {
  const end = skipName(bytes, off) ?? off
  // Lengths of labels are at most 63, below any letter.
  for (let i = off; i < end; i++) {
    const octet = bytes[i] ?? 0
    if (octet >= 0x41 && octet <= 0x5a) bytes[i] = octet + 0x20
  }
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39
}

const DOT = 0x2e
const BACKSLASH = 0x5c
