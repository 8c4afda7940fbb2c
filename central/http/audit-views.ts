import { z } from 'zod'
import type { KeptAttempt } from '../audit/attempt.ts'
import { redact } from '../audit/redact.ts'
import type { ShownChange } from '../registry/event-filter.ts'
import type { DiffEntry } from '../registry/diff.ts'
import { diffEntrySchema, versionSchema } from './views.ts'

/** What was changed, and what was refused, with nothing that may be a secret. */

/** Objects that are shown of one change. */
const DIFF_MAX = 1_000

const requestShape = {
  atEpoch: z.number().meta({ description: 'Ms since 1970' }),
  requestId: z.string().meta({ description: 'Id of the request (X-Request-Id)' }),
}

const changeSchema = z.strictObject({
  outcome: z.literal('accepted'),
  ...requestShape,
  version: versionSchema.meta({ description: 'The change' }),
  actor: z.string().meta({ description: 'Name of the token; system for central itself' }),
  origin: z.string().optional().meta({
    description: 'Address that the request came from, as far as it is known and still kept',
  }),
  method: z.string().optional(),
  path: z.string().optional(),
  events: z.array(z.looseObject({ type: z.string() })),
  omitted: z.int().optional().meta({ description: 'Events that are not shown' }),
  diff: z
    .array(diffEntrySchema)
    .optional()
    .meta({ description: 'Before and after, the first 1000 objects; with diff=true' }),
})

const refusalSchema = z.strictObject({
  outcome: z.literal('refused'),
  ...requestShape,
  version: versionSchema.meta({ description: 'The state that it met' }),
  actor: z.string().optional().meta({ description: 'Absent where no token was known' }),
  origin: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  code: z.string().optional().meta({ description: 'The rule that was broken' }),
  detail: z.string().meta({ description: 'Why; of a wrong body the places only' }),
})

/** An entry of the audit. */
export const auditEntrySchema = z
  .discriminatedUnion('outcome', [changeSchema, refusalSchema])
  .meta({ id: 'AuditEntry' })

/** What the views make. */
export type AuditEntry = z.output<typeof auditEntrySchema>

/** Shows a change. */
export function viewAccepted(
  change: ShownChange,
  attempt: KeptAttempt | undefined,
  diff: readonly DiffEntry[] | undefined,
): AuditEntry {
  const { version, atEpoch, actor, cause, events } = change
  const shown = events.slice(0, DIFF_MAX)
  const omitted = (change.omitted ?? 0) + events.length - shown.length
  const entry: AuditEntry = {
    outcome: 'accepted',
    atEpoch,
    requestId: cause,
    version,
    actor,
    ...(attempt && { origin: attempt.origin, method: attempt.method, path: attempt.path }),
    events: z.array(z.looseObject({ type: z.string() })).parse(redact(shown)),
    ...(omitted === 0 ? {} : { omitted }),
  }
  if (diff === undefined) return entry
  return { ...entry, diff: z.array(diffEntrySchema).parse(redact(diff.slice(0, DIFF_MAX))) }
}

/** Shows a refused attempt. */
export function viewRefused(attempt: KeptAttempt): AuditEntry {
  const { atEpoch, cause, version, actor, origin, method, path, status, code, detail } = attempt
  return {
    outcome: 'refused',
    atEpoch,
    requestId: cause,
    version,
    ...(actor === '' ? {} : { actor }),
    origin,
    method,
    path,
    status,
    ...(code === '' ? {} : { code }),
    detail,
  }
}
