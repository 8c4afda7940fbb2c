import { z } from 'zod'
import { nameSchema } from '../../../shared/registry/fields.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import {
  clientPrefixSchema,
  historyViewSchema,
  momentSchema,
  viewHistory,
} from '../history-views.ts'
import { notFound, setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { pastStatuses, problemOfStatus, sendProblem } from '../problem.ts'

const querySchema = z.strictObject({
  at: momentSchema,
  client: clientPrefixSchema.optional(),
})

/** Adds `/v1/history/{name}`. */
export function addHistoryRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, past: reader } = context

  app.get(
    '/v1/history/:name',
    {
      schema: {
        operationId: 'getHistory',
        summary: 'What edges were told of an app at a moment that is past',
        description:
          'Folds the log up to the moment, for one request at a time: a long log takes seconds.',
        tags: ['changes'],
        params: z.strictObject({ name: nameSchema }),
        querystring: querySchema,
        response: getResponses('The app, and what its answers went by', historyViewSchema),
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const { at, client } = request.query
      const isWanted = (): boolean => !request.raw.socket.destroyed
      const result = await reader.look(name, at, isWanted)
      if (!result.ok) {
        return sendProblem(reply, problemOfStatus(pastStatuses[result.code], result.detail))
      }
      const { past } = result
      const view = viewHistory(past, name, client)
      if (view === undefined) {
        return notFound(reply, `app ${name} was not registered at version ${past.version}`)
      }
      return setVersion(reply, registry.version).send(view)
    },
  )
}
