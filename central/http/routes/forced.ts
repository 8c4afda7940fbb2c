import { z } from 'zod'
import { forceSchema } from '../../../shared/registry/force-schema.ts'
import { nameSchema } from '../../../shared/registry/fields.ts'
import { idSchema } from '../../../shared/registry/schema.ts'
import type { EndpointForce } from '../../model/events.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { sendWritten, setVersion } from '../objects.ts'
import { deleteResponses, getResponses, putResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { problemOfRejection, sendProblem } from '../problem.ts'
import { forceViewSchema } from '../force-views.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['health']
const paramsSchema = z.strictObject({ name: nameSchema, cluster: idSchema })

/** Adds `/v1/forced` and `/v1/apps/{name}/endpoints/{cluster}/force`. */
export function addForcedRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, clock } = context

  app.get(
    '/v1/forced',
    {
      schema: {
        operationId: 'listForced',
        summary: 'Endpoints that operators have forced up or down, by app and cluster',
        tags,
        querystring: pageQuerySchema,
        response: getResponses('A page of forced endpoints', pageSchemaOf(forceViewSchema)),
      },
    },
    (request, reply) => {
      // At most FORCED_MAX: sorting them is cheaper than keeping them sorted.
      const forces = new Map<string, EndpointForce>()
      for (const byCluster of registry.state.forced.values()) {
        for (const force of byCluster.values()) forces.set(`${force.app} ${force.cluster}`, force)
      }
      const page = pageOf([...forces.keys()].sort(), request.query, (key) => {
        const force = forces.get(key)
        return force && { item: force, weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.put(
    '/v1/apps/:name/endpoints/:cluster/force',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'forceEndpoint',
        summary: 'Force an endpoint up or down, whatever is found out about it, for a time',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        body: forceSchema,
        response: putResponses(forceViewSchema),
      },
    },
    async (request, reply) => {
      const { name, cluster } = request.params
      const { state, seconds, reason } = request.body
      const sinceEpoch = clock.epochMs()
      const untilEpoch = sinceEpoch + seconds * 1000
      const { actor } = request
      const force = { app: name, cluster, state, sinceEpoch, untilEpoch, reason, actor }
      let before: EndpointForce | undefined
      const result = await registry.submit({
        plan: (known) => {
          before = known.forced.get(name)?.get(cluster)
          return [{ type: 'force-endpoint', force }]
        },
        actor,
        cause: request.id,
      })
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      // Nothing has changed where it was asked for twice within a millisecond.
      const body = result.diff.length === 0 ? (before ?? force) : force
      const status = before === undefined ? 201 : 200
      return sendWritten(context, reply, request.query, { status, version: result.version, body })
    },
  )

  app.delete(
    '/v1/apps/:name/endpoints/:cluster/force',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'unforceEndpoint',
        summary: 'End the force on an endpoint; where there is none that changes nothing',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        response: deleteResponses,
      },
    },
    async (request, reply) => {
      const { name, cluster } = request.params
      const result = await registry.submit({
        plan: () => [
          {
            type: 'unforce-endpoint',
            app: name,
            cluster,
            why: 'operator',
            atEpoch: clock.epochMs(),
          },
        ],
        actor: request.actor,
        cause: request.id,
      })
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const written = { status: 204, version: result.version, body: undefined }
      return sendWritten(context, reply, request.query, written)
    },
  )
}
