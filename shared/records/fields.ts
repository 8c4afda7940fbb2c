import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Compression, Field } from './field.ts'
import { readName, readNameToWire, showName, skipName } from './names.ts'
import { badEscape, quote, STRING_MAX_BYTES, unescape } from './strings.ts'
import { parseTtl } from './ttl.ts'
import { wrong } from './words.ts'

/** An unsigned number; `names` has mnemonics that may stand for it (RFC 4034 §5.3). */
export function number(
  bytes: 1 | 2 | 4,
  what: string,
  names: Readonly<{ [mnemonic: string]: number }> = {},
): Field {
  const max = 2 ** (8 * bytes) - 1
  const wanted = `${what}, a number in 0..${max},`
  return {
    read: (words, out) => {
      const word = words.take()
      if (word === undefined) return words.missing(wanted)
      const text = word.text
      const value = /^\d{1,10}$/.test(text) ? Number(text) : names[text.toUpperCase()]
      if (value === undefined || value > max)
        return wrong(word, `is not ${what}, a number in 0..${max}`)
      out.uint(value, bytes)
      return undefined
    },
    skip: (rdata, off) => fit(rdata, off + bytes),
    show: (rdata, off) => String(uintAt(rdata, off, bytes)),
  }
}

/** A time in seconds of 32 bits, `1h30m` as well. */
export function seconds(what: string): Field {
  const { skip, show } = number(4, what)
  return {
    read: (words, out) => {
      const word = words.take()
      if (word === undefined) return words.missing(`${what}, a time in seconds,`)
      const value = parseTtl(word.text)
      if (value === undefined || value > 0xffff_ffff) {
        return wrong(word, `is not ${what}, a time of at most 4294967295 s such as 3600 or 1h30m`)
      }
      out.uint(value, 4)
      return undefined
    },
    skip,
    show,
  }
}

/** A domain name. */
export function name(what: string, compression: Compression): Field {
  return {
    compression,
    read: (words, out) => {
      const word = words.take()
      if (word === undefined) return words.missing(`${what}, a domain name,`)
      if (word.isQuoted)
        return wrong(word, `is quoted: ${what}, a domain name, stands without quotes`)
      const read = readName(word.text, words.origin)
      if (!read.ok) return wrong(word, read.reason)
      out.octets(readNameToWire(read))
      return undefined
    },
    skip: skipName,
    show: showName,
  }
}

/** An IPv4 address. */
export const ipv4: Field = {
  read: (words, out) => {
    const word = words.take()
    if (word === undefined) return words.missing('an IPv4 address')
    const octets = ipv4ToWire(word.text)
    if (octets === undefined) return wrong(word, 'is not an IPv4 address such as 192.0.2.1')
    out.octets(octets)
    return undefined
  },
  skip: (rdata, off) => fit(rdata, off + 4),
  show: (rdata, off) => rdata.subarray(off, off + 4).join('.'),
}

/** An IPv6 address; shown as RFC 5952 wants it. */
export const ipv6: Field = {
  read: (words, out) => {
    const word = words.take()
    if (word === undefined) return words.missing('an IPv6 address')
    const octets = ipv6ToWire(word.text)
    if (octets === undefined) return wrong(word, 'is not an IPv6 address such as 2001:db8::1')
    out.octets(octets)
    return undefined
  },
  skip: (rdata, off) => fit(rdata, off + 16),
  show: (rdata, off) => showIpv6(rdata.subarray(off, off + 16)),
}

/** The octets of an IPv4 address; undefined when the text is none. */
export function ipv4ToWire(text: string): Uint8Array | undefined {
  if (!isIPv4(text)) return undefined
  // By hand and not by `split`: a tenth of the time of bench/micro/zonefile.ts.
  const octets = new Uint8Array(4)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === DOT) at++
    else octets[at] = (octets[at] ?? 0) * 10 + char - ZERO
  }
  return octets
}

const DOT = 0x2e
const ZERO = 0x30

/** The octets of an IPv6 address; undefined when the text is none. */
export function ipv6ToWire(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray())
}

/** Shows the octets of an IPv6 address. */
export function showIpv6(octets: Uint8Array): string {
  return ipaddr.fromByteArray([...octets]).toString()
}

/** A <character-string> (RFC 1035 §3.3); `pattern` is what its octets have to be. */
export function string(
  what: string,
  limit: { readonly pattern: RegExp; readonly wanted: string } = { pattern: /^/, wanted: '' },
): Field {
  return {
    read: (words, out) => {
      const word = words.take()
      if (word === undefined) return words.missing(`${what}, a string,`)
      const octets = unescape(word.text)
      if (octets === undefined) return wrong(word, badEscape)
      if (octets.length > STRING_MAX_BYTES) {
        return wrong(word, `is a string of ${octets.length} octets, at most ${STRING_MAX_BYTES}`)
      }
      if (!limit.pattern.test(octets)) return wrong(word, `is not ${what}, ${limit.wanted}`)
      out.uint(octets.length, 1)
      out.latin1(octets)
      return undefined
    },
    skip: (rdata, off) => {
      const end = skipString(rdata, off)
      if (end === undefined || !limit.pattern.test(latin1(rdata, off + 1, end))) return undefined
      return end
    },
    show: (rdata, off) => quote(rdata.subarray(off + 1, skipString(rdata, off))),
  }
}

/** A string of letters and digits, one at least, shown without quotes. */
export function tag(what: string): Field {
  const { read, skip } = string(what, { pattern: /^[a-z\d]+$/i, wanted: 'letters and digits' })
  const show: Field['show'] = (rdata, off) => latin1(rdata, off + 1, skip(rdata, off) ?? off + 1)
  return { read, skip, show }
}

/** One string or more, to the end (RFC 1035 §3.3.14). */
export function strings(what: string): Field {
  const one = string(what)
  return {
    read: (words, out) => {
      do {
        const fault = one.read(words, out)
        if (fault !== undefined) return fault
      } while (words.peek() !== undefined)
      return undefined
    },
    skip: (rdata, off) => {
      if (off >= rdata.length) return undefined
      let at: number | undefined = off
      while (at !== undefined && at < rdata.length) at = skipString(rdata, at)
      return at
    },
    show: (rdata, off) => {
      const shown: string[] = []
      for (let at = off; at < rdata.length;) {
        const end = skipString(rdata, at) ?? rdata.length
        shown.push(quote(rdata.subarray(at + 1, end)))
        at = end
      }
      return shown.join(' ')
    },
  }
}

/** A string to the end of the rdata, without a length before it. */
export function restAsString(what: string): Field {
  return {
    read: (words, out) => {
      const word = words.take()
      if (word === undefined) return words.missing(`${what}, a string,`)
      const octets = unescape(word.text)
      if (octets === undefined) return wrong(word, badEscape)
      out.latin1(octets)
      return undefined
    },
    skip: (rdata) => rdata.length,
    show: (rdata, off) => quote(rdata.subarray(off)),
  }
}

/** Octets to the end of the rdata in hexadecimal, one at least, in as many words as one likes. */
export function hex(what: string): Field {
  return {
    read: (words, out) => {
      let word = words.take()
      if (word === undefined) return words.missing(`${what} in hexadecimal`)
      let digits = ''
      let last = word
      for (; word !== undefined; word = words.take()) {
        if (!/^[\da-f]+$/i.test(word.text)) return wrong(word, `is not ${what} in hexadecimal`)
        digits += word.text
        last = word
      }
      if (digits.length % 2 === 1) {
        return wrong(last, `ends ${what} after ${digits.length} digits, an even number is wanted`)
      }
      out.octets(Buffer.from(digits, 'hex'))
      return undefined
    },
    skip: (rdata, off) => (off < rdata.length ? rdata.length : undefined),
    show: (rdata, off) => Buffer.from(rdata.subarray(off)).toString('hex').toUpperCase(),
  }
}

/** The unsigned number at an offset. */
export function uintAt(bytes: Uint8Array, off: number, count: number): number {
  let value = 0
  for (let i = off; i < off + count; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}

/** Octets as text, one character for each. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

function skipString(rdata: Uint8Array, off: number): number | undefined {
  const length = rdata[off]
  return length === undefined ? undefined : fit(rdata, off + 1 + length)
}

function fit(bytes: Uint8Array, end: number): number | undefined {
  return end <= bytes.length ? end : undefined
}
