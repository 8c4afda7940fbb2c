import { loadReportsSchema } from '../../../shared/registry/load-schema.ts'
import { nameSchema } from '../../../shared/registry/fields.ts'
import { idSchema } from '../../../shared/registry/schema.ts'
import { endpointKey } from '../../model/machines.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { loadsTakenSchema, loadViewSchema } from '../load-views.ts'
import type { LoadView } from '../load-views.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'

const tags = ['health']
const listQuerySchema = pageQuerySchema.extend({
  app: nameSchema.optional().meta({ description: 'Only endpoints of this app' }),
  cluster: idSchema.optional().meta({ description: 'Only endpoints on this cluster' }),
})

/** Adds `/v1/loads`. */
export function addLoadRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, loads } = context

  app.post(
    '/v1/loads',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'reportLoads',
        summary: 'Report how busy endpoints are; each report counts for 30 s',
        description: 'It costs nothing in the log until the load comes to another step of 5 %.',
        tags,
        security: [{ bearer: [] }],
        body: loadReportsSchema,
        response: getResponses('How it went', loadsTakenSchema),
      },
    },
    (request, reply) => {
      const unknown: { app: string; cluster: string }[] = []
      const refused: { app: string; cluster: string }[] = []
      for (const { app, cluster, load } of request.body.loads) {
        const reason = loads.report({ app, cluster, load })
        if (reason === 'unknown-endpoint') unknown.push({ app, cluster })
        if (reason === 'too-many') refused.push({ app, cluster })
      }
      const taken = request.body.loads.length - unknown.length - refused.length
      return setVersion(reply, registry.version).send({ taken, unknown, refused })
    },
  )

  app.get(
    '/v1/loads',
    {
      schema: {
        operationId: 'listLoads',
        summary: 'How busy endpoints are, as edges are told, by app and cluster',
        tags,
        querystring: listQuerySchema,
        response: getResponses('A page of loads', pageSchemaOf(loadViewSchema)),
      },
    },
    (request, reply) => {
      const { app, cluster, after = '' } = request.query
      // At most LOAD_REPORTS_MAX: sorting them is cheaper than keeping them sorted.
      const views = new Map<string, LoadView>()
      for (const byCluster of registry.state.loads.values()) {
        for (const load of byCluster.values()) {
          const key = endpointKey(load.app, load.cluster)
          const isWanted = app === undefined || app === load.app
          const isThere = cluster === undefined || cluster === load.cluster
          if (isWanted && isThere && key >= after) views.set(key, load)
        }
      }
      const page = pageOf([...views.keys()].sort(), request.query, (key) => {
        const item = views.get(key)
        return item && { item, weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )
}
