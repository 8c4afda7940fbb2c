import { z } from 'zod'
import { networkFieldsSchema, networkSchema } from '../../../shared/registry/network-schema.ts'
import { idSchema } from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { conditionHeadersSchema } from '../etag.ts'
import { networkViewSchema, viewNetwork } from '../network-views.ts'
import {
  answerWrite,
  ifOf,
  notFound,
  parseBody,
  refuseOtherKey,
  sendObject,
  setVersion,
  storedAfter,
} from '../objects.ts'
import { deleteResponses, getObjectResponses, getResponses, putResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['networks']
const paramsSchema = z.strictObject({ id: idSchema })
/** Whether it has one place is a matter of the whole network. */
const bodySchema = networkFieldsSchema.extend({ id: idSchema.optional() })

/** Adds `/v1/networks`. */
export function addNetworkRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, networkIds } = context

  app.get(
    '/v1/networks',
    {
      schema: {
        operationId: 'listNetworks',
        summary: 'Networks by id',
        tags,
        querystring: pageQuerySchema,
        response: getResponses('A page of networks', pageSchemaOf(networkViewSchema)),
      },
    },
    (request, reply) => {
      void setVersion(reply, registry.version)
      return reply.send(
        pageOf(networkIds.all(), request.query, (id) => {
          const stored = registry.state.networks.get(id)
          return stored && { item: viewNetwork(stored), weight: 1 + stored.value.prefixes.length }
        }),
      )
    },
  )

  app.get(
    '/v1/networks/:id',
    {
      schema: {
        operationId: 'getNetwork',
        summary: 'One network',
        tags,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses('The network', networkViewSchema),
      },
    },
    (request, reply) => {
      const { id } = request.params
      const stored = registry.state.networks.get(id)
      if (stored === undefined) return notFound(reply, `network ${id} is not registered`)
      const { version } = stored
      return sendObject(context, request, reply, { version, view: viewNetwork(stored) })
    },
  )

  app.put(
    '/v1/networks/:id',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putNetwork',
        summary: 'Create or replace a network',
        description: 'Its place is a cluster, or latitude and longitude.',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        body: bodySchema,
        response: putResponses(networkViewSchema),
      },
    },
    (request, reply) => {
      const { id } = request.params
      refuseOtherKey('id', request.body.id, id)
      const network = parseBody(networkSchema, { ...request.body, id })
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.networks.get(id),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'put-network', network, ...ifOf(precondition) }],
        after: (before, version) => {
          const stored = storedAfter(before, network, version)
          return { version: stored.version, view: viewNetwork(stored) }
        },
      })
    },
  )

  app.delete(
    '/v1/networks/:id',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteNetwork',
        summary: 'Delete a network',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const { id } = request.params
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.networks.get(id),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'delete-network', id, ...ifOf(precondition) }],
        after: () => undefined,
      })
    },
  )
}
