import type { Field } from './field.ts'
import { uintAt } from './fields.ts'
import type { RdataWriter } from './rdata-writer.ts'
import type { WordReader } from './word-reader.ts'
import { wrong } from './words.ts'
import type { Fault } from './words.ts'

/**
 * Rdata of LOC (RFC 1876 §2), version 0:
 *
 *     +---------+------+-----------+----------+----------+-----------+----------+
 *     | version | size | horizontal| vertical | latitude | longitude | altitude |
 *     |    1    |  1   |     1     |    1     |    4     |     4     |    4     |
 *     +---------+------+-----------+----------+----------+-----------+----------+
 *
 * Sizes have a decimal digit and a power of ten, in cm; places are thousandths of a second of arc from
 * 2^31; altitudes are cm above 100,000 m below the ellipsoid.
 */
export const location: Field = {
  read: readLocation,
  skip: (rdata, off) => {
    // RFC 1876 §2: "Implementations are required to check this field and make no assumptions about the
    // format of unrecognized versions."
    if ((rdata[off] ?? 0) !== 0) return rdata.length
    const isGood =
      rdata.length - off === LOC_BYTES &&
      [1, 2, 3].every((at) => isSize(rdata[off + at] ?? 0)) &&
      Math.abs(uintAt(rdata, off + 4, 4) - EQUATOR) <= 90 * UNITS_PER_DEGREE &&
      Math.abs(uintAt(rdata, off + 8, 4) - EQUATOR) <= 180 * UNITS_PER_DEGREE
    return isGood ? rdata.length : undefined
  },
  show: (rdata, off) => {
    if (rdata[off] !== 0) return undefined
    const altitude = (uintAt(rdata, off + 12, 4) - ALTITUDE_BASE_CM) / 100
    return [
      showAngle(uintAt(rdata, off + 4, 4), 'N', 'S'),
      showAngle(uintAt(rdata, off + 8, 4), 'E', 'W'),
      `${altitude.toFixed(2)}m`,
      ...[1, 2, 3].map((at) => showSize(rdata[off + at] ?? 0)),
    ].join(' ')
  },
}

const LOC_BYTES = 16
const EQUATOR = 2 ** 31
const UNITS_PER_DEGREE = 3_600_000
const ALTITUDE_BASE_CM = 10_000_000
/** The greatest altitude that 32 bits can hold. */
const ALTITUDE_MAX_CM = 4_284_967_295
/** The greatest size: a digit and a power of ten. */
const SIZE_MAX_CM = 9_000_000_000

// RFC 1876 §3: "If omitted, minutes and seconds default to zero, size defaults to 1m, horizontal
// precision defaults to 10000m, and vertical precision defaults to 10m."
const sizes = [
  { what: 'a size', whenLeftOut: 0x12 },
  { what: 'a horizontal precision', whenLeftOut: 0x16 },
  { what: 'a vertical precision', whenLeftOut: 0x13 },
]

function readLocation(words: WordReader, out: RdataWriter): Fault | undefined {
  const latitude = readAngle(words, 'latitude', 90, 'N', 'S')
  if (typeof latitude === 'object') return latitude
  const longitude = readAngle(words, 'longitude', 180, 'E', 'W')
  if (typeof longitude === 'object') return longitude
  const word = words.take()
  if (word === undefined) return words.missing('an altitude in m')
  const altitude = readCm(word.text)
  if (altitude === undefined || altitude < -ALTITUDE_BASE_CM || altitude > ALTITUDE_MAX_CM) {
    return wrong(word, 'is not an altitude in -100000.00m..42849672.95m')
  }
  out.uint(0, 1)
  for (const { what, whenLeftOut } of sizes) {
    const size = words.take()
    const cm = size === undefined ? undefined : readCm(size.text)
    if (size !== undefined && (cm === undefined || cm < 0 || cm > SIZE_MAX_CM)) {
      return wrong(size, `is not ${what} in 0m..90000000m`)
    }
    out.uint(cm === undefined ? whenLeftOut : sizeOf(cm), 1)
  }
  out.uint(latitude, 4)
  out.uint(longitude, 4)
  out.uint(altitude + ALTITUDE_BASE_CM, 4)
  return undefined
}

/** Reads degrees, with or without minutes and seconds, and the letter behind them. */
function readAngle(
  words: WordReader,
  what: string,
  degreesMax: number,
  positive: string,
  negative: string,
): number | Fault {
  const parts: number[] = []
  for (;;) {
    const word = words.take()
    if (word === undefined) return words.missing(`${positive} or ${negative} of the ${what}`)
    const letter = word.text.toUpperCase()
    if (parts.length > 0 && (letter === positive || letter === negative)) {
      const [degrees = 0, minutes = 0, thousandths = 0] = parts
      const angle = degrees * UNITS_PER_DEGREE + minutes * 60_000 + thousandths
      if (angle > degreesMax * UNITS_PER_DEGREE) {
        return wrong(word, `ends a ${what} beyond ${degreesMax} degrees`)
      }
      return letter === positive ? EQUATOR + angle : EQUATOR - angle
    }
    const part = readPart(word.text, parts.length, degreesMax)
    if (part === undefined) {
      const unit = ['degrees', 'minutes', 'seconds'][parts.length]
      const end = parts.length > 0 ? `${positive} or ${negative}` : undefined
      return wrong(
        word,
        `is not ${[unit, end].filter((it) => it !== undefined).join(' or ')} of a ${what}`,
      )
    }
    parts.push(part)
  }
}

/** Degrees, minutes, or thousandths of a second, by their place; undefined when it is not one. */
function readPart(text: string, at: number, degreesMax: number): number | undefined {
  if (at === 2) {
    const [, whole, fraction = ''] = /^(\d{1,2})(?:\.(\d{1,3}))?$/.exec(text) ?? []
    if (whole === undefined || Number(whole) > 59) return undefined
    return Number(whole) * 1000 + Number(fraction.padEnd(3, '0'))
  }
  if (at > 2 || !/^\d{1,3}$/.test(text)) return undefined
  return Number(text) <= (at === 0 ? degreesMax : 59) ? Number(text) : undefined
}

/** Reads metres, the letter of which may be left out, as cm. */
function readCm(text: string): number | undefined {
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,8})(?:\.(\d{1,2}))?m?$/i.exec(text) ?? []
  if (whole === undefined) return undefined
  const cm = Number(whole) * 100 + Number(fraction.padEnd(2, '0'))
  return sign === '-' ? -cm : cm
}

/** A size as a digit and a power of ten; what does not fit in them is cut off. */
function sizeOf(cm: number): number {
  let power = 0
  let digit = cm
  while (digit > 9) {
    digit = Math.floor(digit / 10)
    power++
  }
  return (digit << 4) | power
}

/**
 * RFC 1876 §2: "Four-bit values greater than 9 are undefined, as are values with a base of zero and a
 * non-zero exponent."
 */
function isSize(octet: number): boolean {
  const digit = octet >> 4
  return digit <= 9 && (octet & 0x0f) <= 9 && (digit > 0 || octet === 0)
}

function showSize(octet: number): string {
  const cm = (octet >> 4) * 10 ** (octet & 0x0f)
  return `${cm < 100 ? (cm / 100).toFixed(2) : cm / 100}m`
}

function showAngle(value: number, positive: string, negative: string): string {
  const angle = Math.abs(value - EQUATOR)
  const degrees = Math.floor(angle / UNITS_PER_DEGREE)
  const minutes = Math.floor((angle % UNITS_PER_DEGREE) / 60_000)
  const seconds = ((angle % 60_000) / 1000).toFixed(3)
  return `${degrees} ${minutes} ${seconds} ${value >= EQUATOR ? positive : negative}`
}
