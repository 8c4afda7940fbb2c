/** Character strings (RFC 1035 §5.1), one character for each octet (latin1) in both forms. */

/** The longest <character-string> (RFC 1035 §3.3). */
export const STRING_MAX_BYTES = 255

/** Takes the escapes out of a word. Undefined when one is neither `\DDD` up to 255 nor `\X`. */
export function unescape(text: string): string | undefined {
  let at = text.indexOf('\\')
  if (at < 0) return text
  let plain = ''
  let from = 0
  while (at >= 0) {
    plain += text.slice(from, at)
    const char = text.charAt(at + 1)
    if (char === '') return undefined
    if (char >= '0' && char <= '9') {
      const digits = text.slice(at + 1, at + 4)
      if (!/^\d{3}$/.test(digits) || Number(digits) > 255) return undefined
      plain += String.fromCharCode(Number(digits))
      from = at + 4
    } else {
      plain += char
      from = at + 2
    }
    at = text.indexOf('\\', from)
  }
  return plain + text.slice(from)
}

/** What a word with such an escape is. */
export const badEscape = 'has an escape that is neither \\000 to \\255 nor \\ and a character'

/** Writes octets as a quoted string. */
export function quote(octets: Uint8Array): string {
  let text = '"'
  for (const octet of octets) {
    if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`
    else if (octet >= 0x20 && octet < 0x7f) text += String.fromCharCode(octet)
    else text += `\\${String(octet).padStart(3, '0')}`
  }
  return `${text}"`
}
