import { z } from 'zod'
import type { AttemptPlace } from '../../audit/audit-store.ts'
import type { KeptAttempt } from '../../audit/attempt.ts'
import type { ShownChange } from '../../registry/event-filter.ts'
import type { DiffEntry } from '../../registry/diff.ts'
import { auditEntrySchema, viewAccepted, viewRefused } from '../audit-views.ts'
import type { AuditEntry } from '../audit-views.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { readChanges } from '../event-page.ts'
import { actorQuerySchema, timeQuerySchema } from '../event-query.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { limitSchema, pageSchemaOf } from '../pages.ts'
import { pastStatuses, problemOfStatus, sendProblem } from '../problem.ts'

const cursorSchema = z
  .string()
  .regex(/^\d{1,15}\.\d{1,15}$/, { error: 'is not a cursor that a page gave as next' })
  .transform((text): AttemptPlace => {
    const [version, id] = text.split('.').map(Number)
    return { version: version ?? 0, id: id ?? 0 }
  })
  .meta({ description: 'Cursor: `next` of the page before' })

const querySchema = z.strictObject({
  limit: limitSchema,
  after: cursorSchema.optional(),
  actor: actorQuerySchema.optional(),
  outcome: z.enum(['accepted', 'refused']).optional().meta({ description: 'Only these' }),
  since: timeQuerySchema.optional().meta({ description: 'At or after this time (RFC 3339)' }),
  until: timeQuerySchema.optional().meta({ description: 'Until this time (RFC 3339)' }),
  diff: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'With before and after of each change: folds the log, as history does' }),
})

type Query = z.output<typeof querySchema>

/** Adds `/v1/audit`. */
export function addAuditRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, past, audit, clock } = context

  app.get(
    '/v1/audit',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'listAudit',
        summary: 'What was changed and what was refused: who, from where, what',
        description:
          'Changes in their order, each attempt that was refused after the change whose state it met. ' +
          'Refused attempts, and where accepted ones came from, are kept up to a bound, by the central ' +
          'that was asked. A page may have fewer items than limit, or none, and still a next.',
        tags: ['changes'],
        security: [{ bearer: [] }],
        querystring: querySchema,
        response: getResponses('A page of the audit', pageSchemaOf(auditEntrySchema)),
      },
    },
    async (request, reply) => {
      const { query } = request
      const isWanted = (): boolean => !request.raw.socket.destroyed
      const page = await readPage(query, isWanted)
      const { changes, attempts, scanned, isLast } = page
      const wanted = query.diff === 'true' ? changes.map(({ version }) => version) : []
      const diffs = await past.diffsOf(wanted, isWanted)
      if (!diffs.ok) {
        return sendProblem(reply, problemOfStatus(pastStatuses[diffs.code], diffs.detail))
      }
      const merged = merge(changes, attempts).slice(0, query.limit)
      const isCut = merged.length < changes.length + attempts.length
      const items = merged.map((item) => viewOf(item, diffs.diffs))
      void setVersion(reply, registry.version)
      if (isLast && !isCut) return reply.send({ items })
      return reply.send({ items, next: cursorAfter(isCut ? undefined : scanned, merged) })
    },
  )

  async function readPage(query: Query, isWanted: () => boolean): Promise<AuditPage> {
    const { limit, actor, outcome, since, until } = query
    const after = query.after ?? { version: 0, id: 0 }
    const first = since === undefined ? 0 : await past.times.lastBefore(since)
    const last = until === undefined ? Infinity : await past.times.lastUntil(until)
    const isOfChanges = outcome !== 'refused'
    const found = isOfChanges
      ? await readChanges(
          registry,
          clock,
          { after: Math.max(after.version, first), until: last, filter: { actor }, limit },
          isWanted,
        )
      : { items: [], scanned: Infinity, isLast: true }
    const untilVersion = found.isLast ? Infinity : found.scanned
    const times = { sinceEpoch: since, untilEpoch: until }
    const attempts =
      outcome === 'accepted'
        ? []
        : audit.refused({ after, untilVersion, limit: limit + 1, actor, ...times })
    return { changes: found.items, attempts, scanned: found.scanned, isLast: found.isLast }
  }

  function viewOf(item: Item, diffs: ReadonlyMap<number, readonly DiffEntry[]>): AuditEntry {
    if (item.attempt !== undefined) return viewRefused(item.attempt)
    const { version, cause } = item.change
    return viewAccepted(item.change, audit.accepted(version, cause), diffs.get(version))
  }
}

interface AuditPage {
  readonly changes: readonly ShownChange[]
  readonly attempts: readonly KeptAttempt[]
  /** The last version that was looked at. */
  readonly scanned: number
  /** Whether there are no more changes. */
  readonly isLast: boolean
}

type Item =
  | { readonly change: ShownChange; readonly attempt?: undefined }
  | { readonly change?: undefined; readonly attempt: KeptAttempt }

/** Changes and attempts in one order: what met the state of a version comes after that version. */
function merge(changes: readonly ShownChange[], attempts: readonly KeptAttempt[]): readonly Item[] {
  const items: Item[] = []
  let at = 0
  for (const change of changes) {
    for (let attempt = attempts[at]; attempt !== undefined; attempt = attempts[at]) {
      if (attempt.version >= change.version) break
      items.push({ attempt })
      at++
    }
    items.push({ change })
  }
  for (const attempt of attempts.slice(at)) items.push({ attempt })
  return items
}

/** The cursor after the items of a page, or after all that was looked at where that is further. */
function cursorAfter(scanned: number | undefined, items: readonly Item[]): string {
  const last = items.at(-1)
  const version = last?.attempt?.version ?? last?.change?.version ?? 0
  if (scanned !== undefined && scanned > version) return `${scanned}.0`
  return `${version}.${last?.attempt?.id ?? 0}`
}
