import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkDocument } from './check.ts'
import { parseYamlDocument } from './document.ts'
import { formatMistake } from './mistakes.ts'
import { isSecretPath } from './path.ts'

const SECRET = 'hunter2!'

function linesOf(schema: z.ZodType, text: string): string {
  const env = { API_TOKEN: SECRET, OTHER: SECRET }
  const readFile = (): { ok: true; text: string } => ({ ok: true, text: SECRET })
  const read = parseYamlDocument('edge.yaml', text, { env, readFile })
  const checked = read.ok ? checkDocument(schema, read.document) : read
  if (checked.ok) throw new Error('the document is good')
  return `${checked.mistakes.map(formatMistake).join('\n')}\n${JSON.stringify(checked.mistakes)}`
}

describe('secrets in mistakes', () => {
  it.each([
    ['a key named token', { token: z.number() }, `token: ${SECRET}`],
    ['a key that ends in Password', { adminPassword: z.number() }, `adminPassword: ${SECRET}`],
    ['a list under such a key', { keys: z.array(z.number()) }, `keys: [${SECRET}]`],
    [
      'a mapping under such a key',
      { secret: z.object({ a: z.number() }) },
      `secret: {a: ${SECRET}}`,
    ],
    ['the content of a file', { a: z.number() }, 'a: ${file:x}'],
    ['a variable that is named so', { a: z.number() }, 'a: x${API_TOKEN}'],
    ['a bad reference', { token: z.string() }, `token: "${SECRET}\${UNSET}"`],
    [
      'a rule that repeats the value',
      {
        key: z
          .string()
          .refine(() => false, { error: (issue) => `has ${String(issue.input)} in it` }),
      },
      `key: ${SECRET}`,
    ],
    ['text that is not YAML', {}, `token: "x" "${SECRET}"`],
    ['an escape that is not YAML', {}, `token: "${SECRET}\\q"`],
  ])('never shows %s', (_, shape, text) => {
    expect(linesOf(z.object(shape), text)).not.toContain(SECRET)
  })

  it('shows other values', () => {
    expect(linesOf(z.object({ a: z.number() }), 'a: ${OTHER}')).toContain(SECRET)
  })

  it.each([
    [['token'], true],
    [['http', 'tokens', 0], true],
    [['tls', 'privateKey'], true],
    [['TOKEN'], true],
    [['api_key'], true],
    [['monkey'], true],
    [['keyboard'], false],
    [['tokenFile'], false],
    [['listen', 'port'], false],
  ])('judges the path %j as %s', (path, expected) => {
    expect(isSecretPath(path)).toBe(expected)
  })
})
