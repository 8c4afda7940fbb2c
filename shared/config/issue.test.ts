import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkValue } from './check.ts'
import { formatMistake } from './mistakes.ts'

function linesOf(schema: z.ZodType, value: unknown): readonly string[] {
  const checked = checkValue(z.strictObject({ v: schema }), { v: value }, 'x')
  return checked.ok ? [] : checked.mistakes.map(formatMistake)
}

const shape = z.strictObject({ port: z.int(), host: z.string() })

describe('what is wanted, by issue', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ['a string', z.string(), 5, 'x: v: 5 is not a string'],
    ['a boolean', z.boolean(), 'yes', 'x: v: "yes" is not true or false'],
    ['a number', z.number(), 'a', 'x: v: "a" is not a number'],
    ['a whole number', z.int(), 1.5, 'x: v: 1.5 is not a whole number'],
    ['a mapping', z.object({}), [1], 'x: v: a list of 1 entry is not a mapping'],
    ['a list', z.array(z.string()), { a: 1 }, 'x: v: a mapping is not a list'],
    ['null given', z.string(), null, 'x: v: null is not a string'],
    ['nothing given', z.string(), undefined, 'x: v: is missing, a string is wanted'],
    ['no choice given', z.enum(['a', 'b']), undefined, 'x: v: is missing, one of a, b is wanted'],
    ['both bounds', z.int().min(1).max(5), 9, 'x: v: 9 is not a whole number in 1..5'],
    [
      'the type with its bounds',
      z.int().min(1).max(5),
      'a',
      'x: v: "a" is not a whole number in 1..5',
    ],
    ['a lower bound', z.number().min(1), 0, 'x: v: 0 is not a number of at least 1'],
    [
      'open bounds',
      z.number().gt(0).lt(1),
      1,
      'x: v: 1 is not a number greater than 0 and less than 1',
    ],
    ['one number', z.number().min(3).max(3), 1, 'x: v: 1 is not a number that is 3'],
    ['a multiple', z.number().multipleOf(5), 7, 'x: v: 7 is not a multiple of 5'],
    ['a short text', z.string().max(1), 'ab', 'x: v: "ab" is not a string of at most 1 character'],
    [
      'a text of one length',
      z.string().length(3),
      'ab',
      'x: v: "ab" is not a string of 3 characters',
    ],
    [
      'entries',
      z.array(z.string()).min(1),
      [],
      'x: v: an empty list is not a list of at least 1 entry',
    ],
    ['one of', z.enum(['a', 'b']), 'c', 'x: v: "c" is not one of a, b'],
    ['a literal', z.literal('a'), 'c', 'x: v: "c" is not a'],
    ['a pattern', z.string().regex(/^a$/), 'c', 'x: v: "c" does not match /^a$/'],
    ['a URL', z.url(), 'c', 'x: v: "c" is not a URL such as https://central.example:8053'],
    ['another format', z.nanoid(), '!', 'x: v: "!" does not match /^[a-zA-Z0-9_-]{21}$/'],
    [
      'the words of the schema',
      z.string().regex(/a/, { error: 'is odd' }),
      'c',
      'x: v: "c" is odd',
    ],
    [
      'a rule that is a sentence',
      z.number().refine(() => false, { error: 'min is over max' }),
      3,
      'x: v: 3: min is over max',
    ],
    ['a rule without words', z.number().refine(() => false), 3, 'x: v: 3 is not valid'],
    [
      'a key',
      z.record(z.string().regex(/^a/, { error: 'does not start with a' }), z.number()),
      { b: 1 },
      'x: v: key "b" does not start with a',
    ],
    [
      'a union of scalars',
      z.union([z.int(), z.boolean()]),
      'c',
      'x: v: "c" is not a whole number or true or false',
    ],
    [
      'the branch that was meant',
      z.union([z.boolean(), shape]),
      { port: 1, host: 2 },
      'x: v.host: 2 is not a string',
    ],
    [
      'an unknown key in that branch',
      z.union([z.boolean(), shape]),
      { port: 1, host: 'a', prt: 2 },
      'x: v: unknown key `prt`, did you mean `port`?',
    ],
    [
      'a discriminator',
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a') }),
        z.object({ kind: z.literal('b') }),
      ]),
      { kind: 'c' },
      'x: v.kind: "c" is not one of a, b',
    ],
    [
      'more than one fit',
      z.xor([z.string(), z.string()]),
      'c',
      'x: v: "c" fits more than one of what is wanted',
    ],
    [
      'an unknown key',
      shape,
      { port: 1, host: 'a', zzzzz: 1 },
      'x: v: unknown key `zzzzz`; known are port, host',
    ],
  ])('%s', (_, schema, value, line) => {
    expect(linesOf(schema, value)).toEqual([line])
  })

  it('gives each unknown key its own line', () => {
    expect(linesOf(shape, { port: 1, host: 'a', prt: 1, hots: 1 })).toEqual([
      'x: v: unknown key `prt`, did you mean `port`?',
      'x: v: unknown key `hots`, did you mean `host`?',
    ])
  })
})

describe('formatMistake', () => {
  it('keeps to one line and to characters that a terminal may have', () => {
    const mistake = {
      file: 'a\nb',
      path: 'v',
      value: '"x"',
      wanted: 'is not\u001B[2J\u2028 wanted',
    }
    expect(formatMistake(mistake)).toBe('a\\u000ab: v: "x" is not\\u001b[2J\\u2028 wanted')
  })

  it('cuts long values', () => {
    const [line] = linesOf(z.int(), 'x'.repeat(1000))
    expect(line).toBe(`x: v: "${'x'.repeat(80)}…" is not a whole number`)
  })
})
