import { idSchema } from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { latencyPageOf, latencyViewSchema } from '../latency-page.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { pageQuerySchema, pageSchemaOf } from '../pages.ts'

const listQuerySchema = pageQuerySchema.extend({
  edge: idSchema.optional().meta({ description: 'Only those that this edge has measured' }),
  cluster: idSchema.optional().meta({ description: 'Only those to this cluster' }),
})

/** Adds `/v1/latencies`. */
export function addLatencyRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, edges, latencies } = context

  app.get(
    '/v1/latencies',
    {
      schema: {
        operationId: 'listLatencies',
        summary: 'Round trips from connected edges to clusters, by edge and cluster',
        description: 'An edge that has not measured a cluster, or cannot reach it, has none to it.',
        tags: ['edges'],
        querystring: listQuerySchema,
        response: getResponses('A page of round trips', pageSchemaOf(latencyViewSchema)),
      },
    },
    (request, reply) => {
      const source = {
        edges: edges.list(),
        rowOf: (session: string) => latencies.rowOf(session),
        isCluster: (id: string) => registry.state.clusters.has(id),
      }
      return setVersion(reply, registry.version).send(latencyPageOf(source, request.query))
    },
  )
}
