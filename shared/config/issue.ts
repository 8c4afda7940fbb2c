import { z } from 'zod'

/**
 * Says for each issue that zod can raise what is wanted, as half a sentence behind the value. Given
 * to `safeParse` as `error`, so a message that stands in the schema itself goes first.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return expect(typeName(issue.expected, issue.schema), issue.input)
    case 'too_small':
    case 'too_big':
      return expect(sizeName(issue), issue.input)
    case 'invalid_value':
      return expect(choice(issue.values), issue.input)
    case 'invalid_format':
      return describeFormat(issue.format, issue.pattern)
    case 'not_multiple_of':
      return `is not a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return writeKnownKeys(issue.inst)
    case 'invalid_union':
      return describeUnion(issue)
    case 'invalid_key':
      return 'has a key that is not wanted here'
    case 'invalid_element':
      return 'has an entry that is not wanted here'
    case 'custom':
      return 'is not valid'
  }
  // A code of a later zod.
  return 'is not valid'
}

// ---- unknown keys ----

/**
 * The known keys travel as the message of the issue: zod hands the schema to the describing function
 * only, and drops it from the issue that comes out.
 */
function writeKnownKeys(schema: unknown): string {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).join(' ') : ''
}

/** Reads the known keys from the message of an `unrecognized_keys` issue. */
export function knownKeysOf(message: string): readonly string[] {
  return message === '' ? [] : message.split(' ')
}

// ---- types and sizes ----

function expect(name: string, input: unknown): string {
  return input === undefined ? `is missing, ${name} is wanted` : `is not ${name}`
}

function typeName(expected: string, schema: z.core.$ZodType | undefined): string {
  switch (expected) {
    case 'string':
      return 'a string'
    case 'boolean':
      return 'true or false'
    case 'number':
    case 'int':
      return numberName(schema, expected === 'int')
    case 'object':
    case 'record':
      return 'a mapping'
    case 'array':
    case 'tuple':
      return 'a list'
    default:
      return expected === 'null' || expected === 'undefined' ? expected : `a ${expected}`
  }
}

function numberName(schema: z.core.$ZodType | undefined, isInt: boolean): string {
  const rules = rulesOf(schema)
  const name = isInt || rules.type === 'integer' ? 'a whole number' : 'a number'
  const min = asBound(rules.minimum)
  const max = asBound(rules.maximum)
  if (min !== undefined && max !== undefined) {
    return min === max ? `${name} that is ${min}` : `${name} in ${min}..${max}`
  }
  const { exclusiveMinimum: above, exclusiveMaximum: below } = rules
  const low =
    above !== undefined ? `greater than ${above}` : min !== undefined && `of at least ${min}`
  const high = below !== undefined ? `less than ${below}` : max !== undefined && `of at most ${max}`
  const range = [low, high].filter((bound) => typeof bound === 'string').join(' and ')
  return range === '' ? name : `${name} ${range}`
}

/** The bounds of what a double holds exactly stand in every integer schema and tell nobody anything. */
function asBound(bound: number | undefined): number | undefined {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined
}

function sizeName(
  issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig>,
): string {
  const rules = rulesOf(issue.schema)
  const limit = issue.code === 'too_small' ? { min: issue.minimum } : { max: issue.maximum }
  switch (issue.origin) {
    case 'number':
    case 'int':
      return numberName(issue.schema, issue.origin === 'int')
    case 'string':
      return `a string of ${amountOf('character', { min: rules.minLength, max: rules.maxLength })}`
    case 'array':
      return `a list of ${amountOf('entry', { min: rules.minItems, max: rules.maxItems })}`
    default:
      return `a ${issue.origin} of ${amountOf('entry', { min: undefined, max: undefined, ...limit })}`
  }
}

type Limit = number | bigint | undefined

function amountOf(unit: 'character' | 'entry', { min, max }: { min: Limit; max: Limit }): string {
  const plural = unit === 'entry' ? 'entries' : 'characters'
  const name = (max ?? min) === 1 ? unit : plural
  if (min === undefined) return `at most ${max} ${name}`
  if (max === undefined) return `at least ${min} ${name}`
  return min === max ? `${min} ${name}` : `${min}..${max} ${plural}`
}

const rulesBySchema = new WeakMap<z.core.$ZodType, z.core.JSONSchema.BaseSchema>()

/** All checks of a schema together, where an issue only has the one that failed. */
function rulesOf(schema: z.core.$ZodType | undefined): z.core.JSONSchema.BaseSchema {
  if (schema === undefined) return {}
  const known = rulesBySchema.get(schema)
  if (known !== undefined) return known
  const rules = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  rulesBySchema.set(schema, rules)
  return rules
}

// ---- choices, formats, unions ----

function choice(values: readonly unknown[]): string {
  const names = values.map((value) => String(value))
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`
}

const formats: Readonly<Record<string, string>> = {
  url: 'a URL such as https://central.example:8053',
  email: 'an e-mail address',
  uuid: 'a UUID',
  ipv4: 'an IPv4 address such as 192.0.2.1',
  ipv6: 'an IPv6 address such as 2001:db8::1',
  cidrv4: 'an IPv4 prefix such as 192.0.2.0/24',
  cidrv6: 'an IPv6 prefix such as 2001:db8::/32',
  hostname: 'a host name',
  datetime: 'a time such as 2030-01-31T12:00:00Z',
  date: 'a date such as 2030-01-31',
  base64: 'base64 text',
  json_string: 'JSON text',
}

function describeFormat(format: string, pattern: string | undefined): string {
  const name = formats[format]
  if (name !== undefined) return `is not ${name}`
  return pattern === undefined ? `is not of the format ${format}` : `does not match ${pattern}`
}

function describeUnion(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  if (issue.inclusive === false) return 'fits more than one of what is wanted'
  if (issue.options !== undefined) return `is not ${choice(issue.options)}`
  const wanted = issue.errors.flatMap((branch) => {
    const [whole] = branch.filter((inner) => inner.path.length === 0)
    return whole === undefined
      ? []
      : [whole.message.replace(/^is not |^is missing, | is wanted$/g, '')]
  })
  const names = [...new Set(wanted)]
  return names.length === 0 ? 'is not valid' : expect(names.join(' or '), issue.input)
}
