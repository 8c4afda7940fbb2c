import { z } from 'zod'
import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder, parseName } from '../../shared/dns/name.ts'
import { TTL_MAX } from '../../shared/dns/codes.ts'
import { assertNever } from '../../shared/errors.ts'
import { RRSET_RECORDS_MAX } from '../../shared/registry/limits.ts'

/** The types that have routes of betterdns. */
export const betterdnsTypes = ['A', 'AAAA', 'CNAME', 'TXT', 'MX', 'SRV'] as const

export type BetterdnsType = (typeof betterdnsTypes)[number]

const numberSchema = z.int().min(0).max(0xffff).optional()
/** The longest text of one value. */
const VALUE_MAX_CHARACTERS = 65_535
const valueSchema = z.string().min(1).max(VALUE_MAX_CHARACTERS)
const valuesSchema = z
  .union([valueSchema, z.array(valueSchema).min(1).max(RRSET_RECORDS_MAX)], {
    error: 'is not a text or a list of texts',
  })
  .optional()

/** What a body may call its values. */
const valueKeys = [
  'values',
  'value',
  'addresses',
  'address',
  'ips',
  'ip',
  'target',
  'text',
  'content',
  'data',
  'rdata',
] as const

const valueShape = {
  values: valuesSchema.meta({ description: 'The data of each record, or of the only one' }),
  value: valuesSchema,
  addresses: valuesSchema,
  address: valuesSchema,
  ips: valuesSchema,
  ip: valuesSchema,
  target: valuesSchema,
  text: valuesSchema,
  content: valuesSchema,
  data: valuesSchema,
  rdata: valuesSchema,
}

/** A body of these routes: one of the words for its values, and what else the type may have. */
export const betterdnsBodySchema = z.strictObject({
  name: z.string().optional().meta({ description: 'Of POST without a name in the path' }),
  ttl: z.int().min(0).max(TTL_MAX).optional().meta({
    description: 'Seconds; without it as before, and of a new one 300',
  }),
  ...valueShape,
  priority: numberSchema.meta({ description: 'Of MX and SRV; else it stands in the values' }),
  preference: numberSchema,
  weight: numberSchema.meta({ description: 'Of SRV' }),
  port: numberSchema.meta({ description: 'Of SRV' }),
})

export type BetterdnsBody = z.output<typeof betterdnsBodySchema>

/**
 * The texts of rdata that a body means, for `rrsetSchema` to check. Throws, as a bad body does, when it has no
 * values, or has them by two words.
 */
export function rdataOf(type: BetterdnsType, body: BetterdnsBody, apex: Name): readonly string[] {
  const given = valueKeys.filter((key) => body[key] !== undefined)
  const [key] = given
  if (key === undefined || given.length > 1) {
    const message =
      key === undefined ? 'has no values' : `has ${given.join(' and ')}, one of them is wanted`
    throw new z.ZodError([{ code: 'custom', path: [], message, input: undefined }])
  }
  return [body[key] ?? []].flat().map((value) => rdataText(type, value.trim(), body, apex))
}

function rdataText(type: BetterdnsType, value: string, body: BetterdnsBody, apex: Name): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return value
    case 'TXT':
      return value.startsWith('"') ? value : quoted(value)
    case 'CNAME':
      return withTarget(value, apex)
    case 'MX': {
      const preference = body.preference ?? body.priority
      return withTarget(preference === undefined ? value : `${preference} ${value}`, apex)
    }
    case 'SRV': {
      const { priority = 0, weight = 0, port } = body
      return withTarget(port === undefined ? value : `${priority} ${weight} ${port} ${value}`, apex)
    }
    default:
      return assertNever(type)
  }
}

/** The octets of one character-string (RFC 1035 §3.3). */
const STRING_MAX_BYTES = 255

/** Writes plain text as character-strings: a text record holds strings of at most 255 octets. */
function quoted(text: string): string {
  const octets = Buffer.from(text)
  const strings: string[] = []
  for (let at = 0; at < octets.length; at += STRING_MAX_BYTES) {
    const part = [...octets.subarray(at, at + STRING_MAX_BYTES)]
    strings.push(`"${part.map(quotedOctet).join('')}"`)
  }
  return strings.join(' ')
}

function quotedOctet(octet: number): string {
  const char = String.fromCharCode(octet)
  if (char === '"' || char === '\\') return `\\${char}`
  return octet >= 0x20 && octet < 0x7f ? char : `\\${String(octet).padStart(3, '0')}`
}

/** The last word of a value is a name: made absolute as names of these routes are. */
function withTarget(value: string, apex: Name): string {
  const words = value.split(/\s+/)
  const target = words.pop() ?? ''
  const read = nameIn(apex, target, 'absolute')
  return [...words, read ?? target].join(' ')
}

/**
 * A name as a client of these routes writes it, made absolute: `@` is the apex, one that ends in a dot or
 * lies under the apex is absolute already. Else it is under the apex; where `dotted` says so, only if it is one
 * label. Undefined when it is no name.
 */
export function nameIn(
  apex: Name,
  text: string,
  dotted: 'absolute' | 'relative' = 'relative',
): Name | undefined {
  if (text === '@') return apex
  const plain = parseName(text)
  if (!plain.ok) return undefined
  const isAbsolute = text.endsWith('.') || (isAtOrUnder(plain.name, apex) && apex !== '.')
  if (isAbsolute || (dotted === 'absolute' && text.includes('.'))) return plain.name
  const below = parseName(apex === '.' ? text : `${text}.${apex}`)
  return below.ok ? below.name : undefined
}
