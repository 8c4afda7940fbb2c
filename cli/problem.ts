import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { showValue } from '../shared/config/mistakes.ts'

/** How many wrong fields are named; a manifest with a thousand makes its point with these. */
const ERRORS_SHOWN = 20

// RFC 9457 §3.1: consumers must ignore members whose type is not the specified one.
const problemSchema = z.object({
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  errors: z
    .array(z.object({ path: z.string(), value: z.unknown().optional(), detail: z.string() }))
    .catch([])
    .default([]),
})

/** Writes a refusal as one line: status, detail, rule, and the fields that are wrong. */
export function formatProblem(answer: { readonly status: number; readonly body: unknown }): string {
  const status = `${answer.status} ${STATUS_CODES[answer.status] ?? ''}`.trimEnd()
  const parsed = problemSchema.safeParse(answer.body)
  if (!parsed.success) return status
  const { title, detail, code, errors } = parsed.data
  const rule = code === undefined ? '' : ` (${code})`
  const text = detail ?? title
  const fields = errors.slice(0, ERRORS_SHOWN).map((field) => {
    const value = field.value === undefined ? '' : `${showValue(field.value)} `
    return `${field.path}: ${value}${field.detail}`
  })
  if (errors.length > ERRORS_SHOWN) fields.push(`${errors.length - ERRORS_SHOWN} more`)
  const head =
    text === undefined || text === STATUS_CODES[answer.status] ? status : `${status}: ${text}`
  return [`${head}${rule}`, ...fields].join('; ')
}
