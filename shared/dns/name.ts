/**
 * Domain names in their two forms.
 *
 * A `Name` is text in canonical form: absolute (trailing dot), lower case (RFC 4343 §3), every octet
 * that is not plain (see `isPlain`) written as `\DDD`. So a dot in the text always separates
 * labels, and names can be compared and cut as plain strings.
 *
 * The wire form is RFC 1035 §3.1: length octet and octets for each label, then a zero octet.
 */
export type Name = string

/** The longest name in wire form (RFC 1035 §2.3.4). */
export const NAME_MAX_BYTES = 255
/** The longest label (RFC 1035 §2.3.4). */
export const LABEL_MAX_BYTES = 63
/** The most labels of a name, the root's not counted: 127 of two octets and the zero octet. */
const LABELS_MAX = 127
/** A pointer to offset 0: the two upper bits, 14 of offset (RFC 1035 §4.1.4). */
export const NAME_POINTER = 0xc000
/** The longest text of a name: 250 octets in four labels, each octet as `\\DDD`, and four dots. */
const TEXT_MAX_CHARS = 1004

export type ParsedName =
  { readonly ok: true; readonly name: Name } | { readonly ok: false; readonly reason: string }

/**
 * Parses presentation format (RFC 1035 §5.1): `\.`, `\\`, `\DDD` escapes, any case, the trailing dot
 * optional. The reason of a refusal is half a sentence: "has a label of 64 octets, at most 63 …".
 */
export function parseName(text: string): ParsedName {
  if (text === '.' || isPlainName(text)) return { ok: true, name: text }
  if (text === '') return { ok: false, reason: 'is empty, a domain name is wanted' }
  if (text.length > TEXT_MAX_CHARS) {
    return { ok: false, reason: `has ${text.length} characters, at most ${TEXT_MAX_CHARS}` }
  }
  const labels: number[][] = []
  let label: number[] = []
  let bytes = 1
  for (let i = 0; i < text.length; i++) {
    let octet = text.charCodeAt(i)
    if (octet === 0x2e) {
      if (label.length === 0) return { ok: false, reason: 'has an empty label' }
      labels.push(label)
      label = []
      continue
    }
    const digits = octet === 0x5c ? /^\d{3}/.exec(text.slice(i + 1, i + 4))?.[0] : undefined
    if (digits !== undefined) {
      octet = Number(digits)
      i += 3
      if (octet > 255) return { ok: false, reason: `has the escape \\${digits}, at most \\255` }
    } else {
      if (octet === 0x5c) {
        octet = text.charCodeAt(++i)
        // RFC 1035 §5.1: "\X where X is any character other than a digit"
        if (octet >= 0x30 && octet <= 0x39) {
          return { ok: false, reason: 'has an escape that is neither \\DDD nor \\ and a character' }
        }
      }
      if (!(octet > 0x20 && octet < 0x7f)) {
        return { ok: false, reason: 'has a character that must be written as \\DDD or in punycode' }
      }
    }
    label.push(octet)
    if (label.length > LABEL_MAX_BYTES) {
      return { ok: false, reason: `has a label of more than ${LABEL_MAX_BYTES} octets` }
    }
  }
  if (label.length > 0) labels.push(label)
  for (const part of labels) bytes += part.length + 1
  if (bytes > NAME_MAX_BYTES) {
    return { ok: false, reason: `is ${bytes} octets long in wire form, at most ${NAME_MAX_BYTES}` }
  }
  return { ok: true, name: labels.map(formatLabel).join('') }
}

/**
 * Whether a text is a canonical name of lower case letters, digits, hyphens and underscores only, as
 * nearly all are: found without taking it apart.
 */
function isPlainName(text: string): boolean {
  if (text.length > NAME_MAX_BYTES - 1 || text.length < 2) return false
  let labelAt = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x2e) {
      if (i === labelAt || i - labelAt > LABEL_MAX_BYTES) return false
      labelAt = i + 1
    } else if (
      !(char >= 0x61 && char <= 0x7a) &&
      !(char >= 0x30 && char <= 0x39) &&
      char !== 0x2d &&
      char !== 0x5f
    ) {
      return false
    }
  }
  return labelAt === text.length
}

/** Parses a name that is known to be good (a constant, a value that was checked). Throws if not. */
export function toName(text: string): Name {
  const parsed = parseName(text)
  if (!parsed.ok) throw new TypeError(`name ${JSON.stringify(text)} ${parsed.reason}`)
  return parsed.name
}

/**
 * Writes a canonical name in wire form to the start of `out`, which has room for the longest, and
 * returns its octets.
 */
function writeName(name: Name, out: Uint8Array): number {
  let lengthAt = 0
  let off = 1
  // The root is a dot and no label.
  for (let i = name === '.' ? 1 : 0; i < name.length; i++) {
    const char = name.charCodeAt(i)
    if (char === 0x2e) {
      out[lengthAt] = off - lengthAt - 1
      lengthAt = off++
    } else if (char === 0x5c) {
      out[off++] = Number(name.slice(i + 1, i + 4))
      i += 3
    } else out[off++] = char
  }
  out[lengthAt] = 0
  return off
}

/** Holds one name while it is made. */
const scratch = Buffer.alloc(NAME_MAX_BYTES + 1)

/** Encodes a canonical name in wire form. */
export function nameToWire(name: Name): Buffer {
  return Buffer.from(scratch.subarray(0, writeName(name, scratch)))
}

/**
 * Decodes an uncompressed name at `off` to canonical text. Returns undefined when it runs out of the
 * buffer, is longer than 255 octets, or holds a pointer or a reserved label type.
 */
export function nameFromWire(wire: Uint8Array, off: number): Name | undefined {
  let text = ''
  const start = off
  for (;;) {
    const length = wire[off]
    if (length === undefined || length > LABEL_MAX_BYTES) return undefined
    if (off + 1 + length - start > NAME_MAX_BYTES) return undefined
    if (length === 0) return text === '' ? '.' : text
    if (off + 1 + length >= wire.length) return undefined
    text += formatLabel(wire.subarray(off + 1, off + 1 + length))
    off += 1 + length
  }
}

/**
 * Decodes a name at `off` of a whole message, where its end may be a pointer (RFC 1035 §4.1.4).
 * `end` is the offset behind the name where it stands. Returns undefined for the same faults as
 * `nameFromWire`, for a pointer that does not lead back to an earlier place (so no loop is followed),
 * and for more pointers than a name can have labels (so a long chain costs nothing).
 */
export function nameFromMessage(
  wire: Uint8Array,
  off: number,
): { readonly name: Name; readonly end: number } | undefined {
  let text = ''
  let bytes = 1
  let end: number | undefined
  let start = off
  let pointers = 0
  for (;;) {
    const length = wire[off]
    if (length === undefined) return undefined
    if (length === 0) return { name: text === '' ? '.' : text, end: end ?? off + 1 }
    if (length <= LABEL_MAX_BYTES) {
      bytes += length + 1
      if (bytes > NAME_MAX_BYTES || off + 1 + length >= wire.length) return undefined
      text += formatLabel(wire.subarray(off + 1, off + 1 + length))
      off += 1 + length
      continue
    }
    const low = wire[off + 1]
    // RFC 1035 §4.1.4: "a pointer to a prior occurrence of the same name"
    const target = ((length << 8) | (low ?? 0)) - NAME_POINTER
    if (low === undefined || target < 0 || target >= start) return undefined
    if (++pointers > LABELS_MAX) return undefined
    end ??= off + 2
    off = start = target
  }
}

/** The key of a name in the edge's tables: its lower case wire form as a latin1 string. */
export function nameKey(name: Name): string {
  return scratch.toString('latin1', 0, writeName(name, scratch))
}

/** Whether `name` is `ancestor` or lies under it. */
export function isAtOrUnder(name: Name, ancestor: Name): boolean {
  return ancestor === '.' || name === ancestor || name.endsWith(`.${ancestor}`)
}

/** The name without its first label; undefined for the root. */
export function parentOf(name: Name): Name | undefined {
  if (name === '.') return undefined
  const dot = name.indexOf('.')
  return dot === name.length - 1 ? '.' : name.slice(dot + 1)
}

function formatLabel(label: ArrayLike<number>): string {
  let text = ''
  for (let i = 0; i < label.length; i++) {
    const octet = label[i] ?? 0
    if (octet >= 0x41 && octet <= 0x5a) text += String.fromCharCode(octet + 0x20)
    else if (isPlain(octet)) text += String.fromCharCode(octet)
    else text += `\\${String(octet).padStart(3, '0')}`
  }
  return `${text}.`
}

/** Octets that stand for themselves: visible ASCII but for `" $ ( ) . ; < > @ [ \ ]`. */
function isPlain(octet: number): boolean {
  return octet > 0x20 && octet < 0x7f && !specials.has(octet)
}

const specials = new Set(Array.from('"$().;<>@[\\]', (char) => char.charCodeAt(0)))
