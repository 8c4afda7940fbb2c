import { z } from 'zod'
import { nameSchema } from '../../../shared/registry/fields.ts'
import {
  endpointFieldsSchema,
  idSchema,
  refuseTargetBesideAddresses,
} from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { conditionHeadersSchema } from '../etag.ts'
import {
  answerWrite,
  endpointAfter,
  ifOf,
  notFound,
  refuseOtherKey,
  sendObject,
  setVersion,
} from '../objects.ts'
import { deleteResponses, getObjectResponses, getResponses, putResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { endpointViewSchema, viewEndpoint } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['endpoints']
const listParamsSchema = z.strictObject({ name: nameSchema })
const paramsSchema = z.strictObject({ name: nameSchema, cluster: idSchema })
const bodySchema = endpointFieldsSchema
  .extend({ cluster: idSchema.optional() })
  .superRefine(refuseTargetBesideAddresses)

/** Adds `/v1/apps/{name}/endpoints`. */
export function addEndpointRoutes(app: HttpApp, context: HttpContext): void {
  const { registry } = context

  app.get(
    '/v1/apps/:name/endpoints',
    {
      schema: {
        operationId: 'listEndpoints',
        summary: 'Endpoints of an app by cluster',
        tags,
        params: listParamsSchema,
        querystring: pageQuerySchema,
        response: getResponses('A page of endpoints', pageSchemaOf(endpointViewSchema)),
      },
    },
    (request, reply) => {
      const { name } = request.params
      const endpoints = registry.state.apps.get(name)?.endpoints
      if (endpoints === undefined) return notFound(reply, `app ${name} is not registered`)
      // At most ENDPOINTS_MAX: sorting them is cheaper than keeping them sorted.
      const page = pageOf([...endpoints.keys()].sort(), request.query, (cluster) => {
        const stored = endpoints.get(cluster)
        return stored && { item: viewEndpoint(stored), weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.get(
    '/v1/apps/:name/endpoints/:cluster',
    {
      schema: {
        operationId: 'getEndpoint',
        summary: 'The endpoint of an app on a cluster',
        tags,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses('The endpoint', endpointViewSchema),
      },
    },
    (request, reply) => {
      const { name, cluster } = request.params
      const stored = registry.state.apps.get(name)?.endpoints.get(cluster)
      if (stored === undefined) {
        return notFound(reply, `endpoint ${cluster} of app ${name} is not registered`)
      }
      const { version } = stored
      return sendObject(context, request, reply, { version, view: viewEndpoint(stored) })
    },
  )

  app.put(
    '/v1/apps/:name/endpoints/:cluster',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putEndpoint',
        summary: 'Create or replace the endpoint of an app on a cluster',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        body: bodySchema,
        response: putResponses(endpointViewSchema),
      },
    },
    (request, reply) => {
      const { name, cluster } = request.params
      refuseOtherKey('cluster', request.body.cluster, cluster)
      const endpoint = { ...request.body, cluster }
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.apps.get(name)?.endpoints.get(cluster),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [
          { type: 'put-endpoint', app: name, endpoint, ...ifOf(precondition) },
        ],
        after: (before, version) => {
          const stored = endpointAfter(before, endpoint, version)
          return { version: stored.version, view: viewEndpoint(stored) }
        },
      })
    },
  )

  app.delete(
    '/v1/apps/:name/endpoints/:cluster',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteEndpoint',
        summary: 'Delete the endpoint of an app on a cluster',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const { name, cluster } = request.params
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.apps.get(name)?.endpoints.get(cluster),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [
          { type: 'delete-endpoint', app: name, cluster, ...ifOf(precondition) },
        ],
        after: () => undefined,
      })
    },
  )
}
