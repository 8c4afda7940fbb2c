import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Rejection } from '../model/decision.ts'

/** Problem details (RFC 9457 §3.1); `code`, `errors`, `edges` and `served` are extensions. */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: 'about:blank, or a URN that ends in the code' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What, the value, and what is wanted' }),
    code: z.string().optional().meta({ description: 'The rule of the model that was broken' }),
    errors: z
      .array(
        z.strictObject({
          in: z.enum(['body', 'path', 'query', 'headers']),
          path: z.string().meta({ description: 'JSON pointer (RFC 6901)' }),
          value: z
            .union([z.string(), z.number(), z.boolean(), z.null()])
            .optional()
            .meta({ description: 'The value, when it is a plain one; long text is cut' }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Each value that is not as wanted, the first 100' }),
    edges: z.int().optional().meta({ description: 'Edges that were waited for' }),
    served: z.int().optional().meta({ description: 'Edges that serve the version' }),
  })
  .meta({ id: 'Problem' })

/** One problem. */
export type Problem = Readonly<z.output<typeof problemSchema>>

/** Media type of problems (RFC 9457 §3). */
export const PROBLEM_TYPE = 'application/problem+json'

/** A problem that its status explains (RFC 9457 §4.2.1: about:blank, the title is the status's). */
export function problemOfStatus(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }
}

/** The problem of a change that breaks a rule of the model. */
export function problemOfRejection({ code, detail }: Rejection): Problem {
  const status = code === 'not-found' ? 404 : code === 'precondition-failed' ? 412 : 409
  const type = `urn:meridian:problem:${code}`
  return { ...problemOfStatus(status, detail), type, code }
}

/** The problem of anything that was thrown on the way of a request. */
export function problemOfError(err: unknown): Problem {
  if (err instanceof z.ZodError) return problemOfIssues(err)
  if (err instanceof MeridianError && retried.has(err.code)) {
    return problemOfStatus(
      503,
      'the event log takes no writes, nothing was changed; try again later',
    )
  }
  if (err instanceof MeridianError && err.code === 'MERIDIAN_LOG_READ_ONLY') {
    return problemOfStatus(503, err.message)
  }
  if (err instanceof MeridianError && err.code === 'MERIDIAN_LOG_UNANSWERED') {
    return problemOfStatus(504, err.message)
  }
  // Fastify's own refusals (bad JSON, too large, media type, bad URL) carry the status they mean.
  const status = err instanceof Error && 'statusCode' in err ? err.statusCode : undefined
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return problemOfStatus(
      status,
      messageOf(err) + (status === 415 ? ', application/json is wanted' : ''),
    )
  }
  return problemOfStatus(500, 'central could not answer, its log says why')
}

/** The status of an answer that cannot look at the past. */
export const pastStatuses = { none: 404, 'too-long': 422, busy: 503 } as const

/** Answers with a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  reply.problem = problem
  // RFC 9110 §10.2.3: Retry-After says how long the service is expected to be unavailable.
  if (problem.status === 503) void reply.header('retry-after', '1')
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem)
}

const retried: ReadonlySet<string> = new Set(['MERIDIAN_LOG_UNAVAILABLE', 'MERIDIAN_LOG_CONFLICT'])

/** What is said of a key that a schema does not have. */
export const UNKNOWN_KEY = 'is not a known key'

/** Errors that one problem lists. */
const ERRORS_MAX = 100
/** Characters of a value or a path that are shown. */
const SHOWN_MAX = 200

type FieldError = NonNullable<Problem['errors']>[number]

function problemOfIssues(err: z.ZodError): Problem {
  const where = placeOf('validationContext' in err ? err.validationContext : undefined)
  const errors: FieldError[] = []
  for (const issue of err.issues) {
    for (const error of fieldErrorsOf(issue, where)) {
      if (errors.length < ERRORS_MAX) errors.push(error)
    }
    if (errors.length === ERRORS_MAX) break
  }
  const [first] = errors
  const more = err.issues.length > 1 ? `, and ${err.issues.length - 1} more` : ''
  const detail = `${where}${first?.path ?? ''}: ${first?.detail ?? 'is not as wanted'}${more}`
  return { ...problemOfStatus(422, detail), errors }
}

function* fieldErrorsOf(issue: z.core.$ZodIssue, where: FieldError['in']): Iterable<FieldError> {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      yield { in: where, path: pointerOf([...issue.path, key]), detail: UNKNOWN_KEY }
    }
    return
  }
  const value = shown(inputOf(issue))
  const path = pointerOf(issue.path)
  // Of a key that is not as wanted the issue itself says no more than that.
  const detail =
    issue.code === 'invalid_key'
      ? issue.issues.map(({ message }) => message).join(' and ')
      : issue.message
  yield { in: where, path, ...(value === undefined ? {} : { value }), detail }
}

/** The value at the path of an issue. Of a key that tells a kind zod hands over the mapping around it. */
function inputOf(issue: z.core.$ZodIssue): unknown {
  const { input } = issue
  const key = issue.code === 'invalid_union' ? issue.discriminator : undefined
  return key !== undefined && typeof input === 'object' && input !== null
    ? Reflect.get(input, key)
    : input
}

function placeOf(validationContext: unknown): FieldError['in'] {
  switch (validationContext) {
    case 'params':
      return 'path'
    case 'querystring':
      return 'query'
    case 'headers':
      return 'headers'
    default:
      return 'body'
  }
}

/** RFC 6901 §3: `~` is written `~0` and `/` is written `~1`. */
function pointerOf(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => String(part).slice(0, SHOWN_MAX))
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function shown(value: unknown): FieldError['value'] {
  if (typeof value === 'string') return value.slice(0, SHOWN_MAX)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return typeof value === 'boolean' || value === null ? value : undefined
}
