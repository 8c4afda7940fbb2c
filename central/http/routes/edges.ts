import { z } from 'zod'
import { idSchema } from '../../../shared/registry/schema.ts'
import type { ConnectedEdge } from '../../registry/edges.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { notFound, setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { versionSchema } from '../views.ts'

const edgeViewSchema = z
  .strictObject({
    id: z.string(),
    cluster: z.string(),
    replica: z.enum(['on-demand', 'full']),
    adminUrl: z.string(),
    software: z.string(),
    ackVersion: versionSchema.meta({ description: 'The edge answers by this version' }),
    sentVersion: versionSchema.meta({ description: 'The last version that was sent to it' }),
    names: z.int().meta({ description: 'Names that it hears of; 0 when it hears of all' }),
    connectedEpoch: z.number().meta({ description: 'ms since 1970' }),
    remote: z.string().meta({ description: 'Address and port that it calls from' }),
  })
  .meta({ id: 'Edge' })

/** Adds `/v1/edges`. */
export function addEdgeRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, edges } = context

  app.get(
    '/v1/edges',
    {
      schema: {
        operationId: 'listEdges',
        summary: 'Edges that are connected now, by id',
        tags: ['edges'],
        response: getResponses('All of them', z.strictObject({ items: z.array(edgeViewSchema) })),
      },
    },
    (_request, reply) =>
      setVersion(reply, registry.version).send({ items: edges.list().map(viewEdge) }),
  )

  app.get(
    '/v1/edges/:id',
    {
      schema: {
        operationId: 'getEdge',
        summary: 'One edge that is connected now',
        tags: ['edges'],
        params: z.strictObject({ id: idSchema }),
        response: getResponses('The edge', edgeViewSchema),
      },
    },
    (request, reply) => {
      const { id } = request.params
      const edge = edges.find(id)
      if (edge === undefined) return notFound(reply, `edge ${id} is not connected`)
      return setVersion(reply, registry.version).send(viewEdge(edge))
    },
  )
}

function viewEdge(edge: ConnectedEdge): z.output<typeof edgeViewSchema> {
  const { id, cluster, replica, adminUrl, software } = edge
  const { ackVersion, sentVersion, names, connectedEpoch, remote } = edge
  return {
    id,
    cluster,
    replica,
    adminUrl,
    software,
    ackVersion,
    sentVersion,
    names,
    connectedEpoch,
    remote,
  }
}
