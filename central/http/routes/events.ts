import { z } from 'zod'
import type { ChangeRecord } from '../../model/events.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import type { Page } from '../pages.ts'
import { limitSchema, pageSchemaOf } from '../pages.ts'
import { changeRecordSchema } from '../views.ts'

const querySchema = z.strictObject({
  limit: limitSchema,
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'Version; the changes after it are shown' }),
})

/** Events in one page, unless its first change has more. */
const EVENTS_MAX = 20_000

/** Adds `/v1/events`. */
export function addEventRoutes(app: HttpApp, context: HttpContext): void {
  const { registry } = context

  app.get(
    '/v1/events',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'Changes in order: what, when, who, and by which request',
        tags: ['changes'],
        querystring: querySchema,
        response: getResponses('A page of changes', pageSchemaOf(changeRecordSchema)),
      },
    },
    (request, reply) => {
      const { after, limit } = request.query
      return setVersion(reply, registry.version).send(pageOfChanges(after, limit))
    },
  )

  function pageOfChanges(after: number, limit: number): Page<ChangeRecord> {
    const items: ChangeRecord[] = []
    let events = 0
    if (after >= registry.version) return { items }
    for (const record of registry.read(after)) {
      // The log may be a moment ahead of the state.
      if (record.version > registry.version) break
      events += record.events.length
      const last = items.at(-1)
      if (last !== undefined && (items.length === limit || events > EVENTS_MAX)) {
        return { items, next: String(last.version) }
      }
      items.push(record)
    }
    return { items }
  }
}
