import { z } from 'zod'
import type { HttpApp, HttpContext } from '../context.ts'
import { readChanges } from '../event-page.ts'
import { eventFilterShape, filterOf, timeQuerySchema } from '../event-query.ts'
import { FOLLOWERS_MAX } from '../followers.ts'
import { setVersion } from '../objects.ts'
import { getResponses, problemResponses, response } from '../openapi.ts'
import { limitSchema, pageSchemaOf } from '../pages.ts'
import { problemOfStatus, sendProblem } from '../problem.ts'
import { changeRecordSchema } from '../views.ts'

const afterSchema = z.coerce
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ description: 'Version; the changes after it are shown' })

const pageQuerySchema = z.strictObject({
  limit: limitSchema,
  after: afterSchema.default(0),
  ...eventFilterShape,
  since: timeQuerySchema.optional().meta({
    description: 'Changes at or after this time (RFC 3339)',
  }),
  until: timeQuerySchema.optional().meta({
    description: 'Changes until this time (RFC 3339)',
  }),
})

const streamQuerySchema = z.strictObject({
  after: afterSchema
    .optional()
    .meta({ description: 'Version to begin after; without it what comes from now on' }),
  ...eventFilterShape,
})

const streamHeadersSchema = z.looseObject({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is not a version such as 42' })
    .optional()
    .meta({ description: 'Id of the last event that came: goes before `after`' }),
})

/** Adds `/v1/events` and `/v1/events/stream`. */
export function addEventRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, past, followers, clock } = context

  app.get(
    '/v1/events',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'Changes in order: what, when, who, and by which request',
        description:
          'A change is shown with those of its events that fulfil all filters. A page looks at 20,000 ' +
          'changes or 200,000 events at most: it may have fewer items than limit, or none, and still a ' +
          'next. Where the clock of central has jumped back, the time of a change is the latest of it and ' +
          'of all before it.',
        tags: ['changes'],
        querystring: pageQuerySchema,
        response: getResponses('A page of changes', pageSchemaOf(changeRecordSchema)),
      },
    },
    async (request, reply) => {
      const { after, limit, since, until } = request.query
      const first = since === undefined ? 0 : await past.times.lastBefore(since)
      const last = until === undefined ? Infinity : await past.times.lastUntil(until)
      const isWanted = (): boolean => !request.raw.socket.destroyed
      const range = {
        after: Math.max(after, first),
        until: last,
        filter: filterOf(request.query),
        limit,
      }
      const { items, scanned, isLast } = await readChanges(registry, clock, range, isWanted)
      const page = isLast ? { items } : { items, next: String(scanned) }
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.get(
    '/v1/events/stream',
    {
      schema: {
        operationId: 'followEvents',
        summary: 'Changes as they come, as server-sent events',
        description:
          'The id of an event is the version of its change. The last event is end, with the reason: ' +
          'stopping, too-slow or failed.',
        tags: ['changes'],
        querystring: streamQuerySchema,
        headers: streamHeadersSchema,
        response: {
          ...problemResponses,
          200: response('Events of type change', z.string(), 'text/event-stream'),
        },
      },
    },
    (request, reply) => {
      if (followers.isFull) {
        const detail = `${FOLLOWERS_MAX} clients follow already, try again later`
        return sendProblem(reply, problemOfStatus(503, detail))
      }
      const lastId = request.headers['last-event-id']
      const asked = lastId === undefined ? request.query.after : Number(lastId)
      const after = asked ?? registry.version
      if (after > registry.version) {
        const detail = `version ${after} is not there yet, the newest is ${registry.version}`
        return sendProblem(reply, problemOfStatus(404, detail))
      }
      reply.hijack()
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-request-id': request.id,
        'meridian-version': String(registry.version),
      })
      followers.follow(reply.raw, after, filterOf(request.query))
      return reply
    },
  )
}
