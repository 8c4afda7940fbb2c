import { z } from 'zod'
import { clusterSchema, idSchema } from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { conditionHeadersSchema } from '../etag.ts'
import {
  answerWrite,
  ifOf,
  notFound,
  refuseOtherKey,
  sendObject,
  setVersion,
  storedAfter,
} from '../objects.ts'
import { deleteResponses, getObjectResponses, getResponses, putResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { clusterViewSchema, viewCluster } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['clusters']
const paramsSchema = z.strictObject({ id: idSchema })
const bodySchema = clusterSchema.extend({ id: idSchema.optional() })

/** Adds `/v1/clusters`. */
export function addClusterRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, clusterIds } = context

  app.get(
    '/v1/clusters',
    {
      schema: {
        operationId: 'listClusters',
        summary: 'Clusters by id',
        tags,
        querystring: pageQuerySchema,
        response: getResponses('A page of clusters', pageSchemaOf(clusterViewSchema)),
      },
    },
    (request, reply) => {
      void setVersion(reply, registry.version)
      return reply.send(
        pageOf(clusterIds.all(), request.query, (id) => {
          const stored = registry.state.clusters.get(id)
          return stored && { item: viewCluster(registry.state, stored), weight: 1 }
        }),
      )
    },
  )

  app.get(
    '/v1/clusters/:id',
    {
      schema: {
        operationId: 'getCluster',
        summary: 'One cluster',
        tags,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses('The cluster', clusterViewSchema),
      },
    },
    (request, reply) => {
      const { id } = request.params
      const stored = registry.state.clusters.get(id)
      if (stored === undefined) return notFound(reply, `cluster ${id} is not registered`)
      const { version } = stored
      return sendObject(context, request, reply, {
        version,
        view: viewCluster(registry.state, stored),
      })
    },
  )

  app.put(
    '/v1/clusters/:id',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putCluster',
        summary: 'Create or replace a cluster',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        body: bodySchema,
        response: putResponses(clusterViewSchema),
      },
    },
    (request, reply) => {
      const { id } = request.params
      refuseOtherKey('id', request.body.id, id)
      const cluster = { ...request.body, id }
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.clusters.get(id),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'put-cluster', cluster, ...ifOf(precondition) }],
        after: (before, version) => {
          const stored = storedAfter(before, cluster, version)
          return { version: stored.version, view: viewCluster(registry.state, stored) }
        },
      })
    },
  )

  app.delete(
    '/v1/clusters/:id',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteCluster',
        summary: 'Delete a cluster that no endpoint and no network names',
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
        look: (state) => state.clusters.get(id),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'delete-cluster', id, ...ifOf(precondition) }],
        after: () => undefined,
      })
    },
  )
}
