import type { z } from 'zod'
import type { SourceDocument } from './document.ts'
import { describeIssue } from './issue.ts'
import { mistakesOf, plainSource, type Mistake } from './mistakes.ts'
import { formatPath, toPath, withValueAt } from './path.ts'

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/**
 * Checks a document against a schema; the mistakes of both are reported together, by line. A document
 * whose references were only accepted can be without mistakes and have no value either.
 */
export function checkDocument<Schema extends z.ZodType>(
  schema: Schema,
  document: SourceDocument,
): Checked<z.output<Schema>> {
  let value = document.value
  let parsed = schema.safeParse(value, { error: describeIssue })
  if (!parsed.success) {
    // A token of digits that came by `${TOKEN}` is a number first; where a string is wanted it is one.
    value = withRawTexts(document, parsed.error.issues)
    if (value !== document.value) parsed = schema.safeParse(value, { error: describeIssue })
  }
  if (parsed.success) {
    if (document.mistakes.length === 0) return { ok: true, value: parsed.data }
    return { ok: false, mistakes: document.mistakes }
  }
  const issues = parsed.error.issues.filter((issue) => !isUnknown(issue, document))
  const mistakes = [...document.mistakes, ...mistakesOf(issues, { ...document, value })]
  return { ok: false, mistakes: mistakes.sort((a, b) => lineOf(a) - lineOf(b)) }
}

/** Checks a value that has no document, such as the options of a command; `name` stands for the file. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name: string,
): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(value, { error: describeIssue })
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, mistakes: mistakesOf(parsed.error.issues, plainSource(name, value)) }
}

function withRawTexts(document: SourceDocument, issues: readonly z.core.$ZodIssue[]): unknown {
  let value = document.value
  for (const issue of issues) {
    if (issue.code !== 'invalid_type' || issue.expected !== 'string') continue
    const text = document.rawTexts.get(formatPath(toPath(issue.path)))
    if (text !== undefined) value = withValueAt(value, toPath(issue.path), text)
  }
  return value
}

/** Whether an issue is about a value that could not be told, or may only come from one. */
function isUnknown(issue: z.core.$ZodIssue, document: SourceDocument): boolean {
  if (document.unknownValues.size === 0) return false
  const path = toPath(issue.path)
  for (let length = 0; length <= path.length; length++) {
    if (document.unknownValues.has(formatPath(path.slice(0, length)))) return true
  }
  if (issue.code !== 'custom') return false
  // A rule over a whole mapping or list cannot be judged while a part of it is not known.
  const whole = formatPath(path)
  return [...document.unknownValues].some((inner) => {
    return whole === '' || inner.startsWith(`${whole}.`) || inner.startsWith(`${whole}[`)
  })
}

function lineOf(mistake: Mistake): number {
  return mistake.line ?? Number.MAX_SAFE_INTEGER
}
