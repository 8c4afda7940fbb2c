import { isUtf8 } from 'node:buffer'
import { ipv4ToWire, ipv6ToWire, latin1, showIpv6, uintAt } from './fields.ts'
import { quote } from './strings.ts'

/** The value of a service parameter (RFC 9460 §7, §8; RFC 9461; RFC 9540) in its two forms. */
export interface ParamValue {
  readonly name: string
  /** What is wanted, behind "is not". */
  readonly wanted: string
  /** Octets of a text whose escapes are taken out; undefined when it is not what is wanted. */
  readonly read: (text: string) => Uint8Array | undefined
  /** Whether octets are what the key wants. */
  readonly isGood: (value: Uint8Array) => boolean
  /** The text behind `=`; undefined when there is none. */
  readonly show: (value: Uint8Array) => string | undefined
}

// SvcParamKeys (RFC 9460 §14.3.2).
export const KEY_MANDATORY = 0
export const KEY_ALPN = 1
export const KEY_NO_DEFAULT_ALPN = 2
/** RFC 9460 §14.3.2: "Reserved ("Invalid key")". */
const KEY_INVALID = 65_535

/** Reads a SvcParamKey: a name, or `key` and a number (RFC 9460 §2.1). */
export function readParamKey(text: string): number | undefined {
  const known = keysByName.get(text)
  if (known !== undefined) return known
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(text)?.[1]
  const key = digits === undefined ? KEY_INVALID : Number(digits)
  return key < KEY_INVALID ? key : undefined
}

/** Shows a SvcParamKey. */
export function showParamKey(key: number): string {
  return paramValues.get(key)?.name ?? `key${key}`
}

/** Whether octets are the value of a key; any are that of one without rules here. */
export function isParamValue(key: number, value: Uint8Array): boolean {
  return key < KEY_INVALID && (paramValues.get(key)?.isGood(value) ?? true)
}

/** The keys in the value of `mandatory`. */
export function mandatoryKeys(value: Uint8Array): readonly number[] {
  return Array.from({ length: value.length / 2 }, (_, i) => uintAt(value, 2 * i, 2))
}

const mandatory: ParamValue = {
  name: 'mandatory',
  wanted: 'a list of keys, each one once and not mandatory itself',
  read: (text) => {
    const keys = text.split(',').map(readParamKey)
    if (keys.includes(undefined)) return undefined
    // RFC 9460 §8: "In wire format, the keys are represented … in strictly increasing numeric order."
    const sorted = keys.map((key) => key ?? 0).sort((a, b) => a - b)
    return Uint8Array.from(sorted.flatMap((key) => [key >> 8, key & 0xff]))
  },
  isGood: (value) => {
    const keys = mandatoryKeys(value)
    // RFC 9460 §8: this key "MUST NOT appear in its own value-list".
    return (
      value.length > 0 &&
      value.length % 2 === 0 &&
      keys.every((key, i) => key > (keys[i - 1] ?? KEY_MANDATORY) && key < KEY_INVALID)
    )
  },
  show: (value) => mandatoryKeys(value).map(showParamKey).join(','),
}

const alpn: ParamValue = {
  name: 'alpn',
  wanted: 'a list of ids of protocols, each of 1 to 255 octets',
  read: (text) => {
    const ids = splitList(text)
    if (ids === undefined || ids.some((id) => id.length === 0 || id.length > 255)) return undefined
    return Buffer.from(ids.map((id) => String.fromCharCode(id.length) + id).join(''), 'latin1')
  },
  isGood: (value) => idsOf(value) !== undefined,
  // RFC 9460 Appendix A.1: commas and backslashes within an item are escaped, before the whole list is.
  show: (value) => {
    const ids = idsOf(value)
      ?.map((id) => id.replaceAll(/[\\,]/g, '\\$&'))
      .join(',')
    return ids === undefined ? undefined : quote(Buffer.from(ids, 'latin1'))
  },
}

function idsOf(value: Uint8Array): readonly string[] | undefined {
  const ids: string[] = []
  let off = 0
  while (off < value.length) {
    const end = off + 1 + (value[off] ?? 0)
    if (end === off + 1 || end > value.length) return undefined
    ids.push(latin1(value, off + 1, end))
    off = end
  }
  return ids.length === 0 ? undefined : ids
}

/** RFC 9460 Appendix A.1: items by commas; `\,` and `\\` stand for what follows the backslash. */
function splitList(text: string): readonly string[] | undefined {
  const items: string[] = []
  let item = ''
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i)
    if (char === ',') {
      items.push(item)
      item = ''
      continue
    }
    if (char === '\\') {
      char = text.charAt(++i)
      if (char !== ',' && char !== '\\') return undefined
    }
    item += char
  }
  return [...items, item]
}

/** RFC 9460 §7.1.1, RFC 9540 §4: presence is all, the value is empty. */
function empty(name: string): ParamValue {
  return {
    name,
    wanted: 'without a value',
    read: (text) => (text === '' ? new Uint8Array() : undefined),
    isGood: (value) => value.length === 0,
    show: () => undefined,
  }
}

const port: ParamValue = {
  name: 'port',
  wanted: 'a port in 0..65535',
  read: (text) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) return undefined
    return Uint8Array.of(Number(text) >> 8, Number(text) & 0xff)
  },
  isGood: (value) => value.length === 2,
  show: (value) => String(uintAt(value, 0, 2)),
}

function hints(
  name: string,
  what: string,
  bytes: number,
  toWire: (text: string) => Uint8Array | undefined,
  show: (octets: Uint8Array) => string,
): ParamValue {
  return {
    name,
    wanted: `a list of ${what} addresses`,
    read: (text) => {
      const addresses = text.split(',').map(toWire)
      const good = addresses.filter((address) => address !== undefined)
      return good.length === addresses.length ? Buffer.concat(good) : undefined
    },
    isGood: (value) => value.length > 0 && value.length % bytes === 0,
    show: (value) =>
      Array.from({ length: value.length / bytes }, (_, i) => {
        return show(value.subarray(i * bytes, (i + 1) * bytes))
      }).join(','),
  }
}

const ech: ParamValue = {
  name: 'ech',
  wanted: 'an ECHConfigList in Base64',
  read: (text) => {
    const bytes = Buffer.from(text, 'base64')
    // RFC 4648 §3.2, §3.5: with padding, and no bits set that are cut off.
    return bytes.toString('base64') === text && bytes.length > 0 ? bytes : undefined
  },
  isGood: (value) => value.length > 0,
  show: (value) => Buffer.from(value).toString('base64'),
}

const dohpath: ParamValue = {
  name: 'dohpath',
  wanted: 'a path with the variable dns such as /dns-query{?dns}',
  read: (text) => Buffer.from(text, 'latin1'),
  // RFC 9461 §5: "a URI Template in relative form … MUST contain a "dns" variable"
  isGood: (value) =>
    isUtf8(value) && /^\/.*\{[^}]*\bdns\b[^}]*\}/s.test(latin1(value, 0, value.length)),
  show: quote,
}

/** The keys that have a text of their own. */
export const paramValues: ReadonlyMap<number, ParamValue> = new Map([
  [KEY_MANDATORY, mandatory],
  [KEY_ALPN, alpn],
  [KEY_NO_DEFAULT_ALPN, empty('no-default-alpn')],
  [3, port],
  [4, hints('ipv4hint', 'IPv4', 4, ipv4ToWire, (octets) => octets.join('.'))],
  [5, ech],
  [6, hints('ipv6hint', 'IPv6', 16, ipv6ToWire, showIpv6)],
  [7, dohpath],
  [8, empty('ohttp')],
])

const keysByName = new Map([...paramValues].map(([key, { name }]) => [name, key]))
