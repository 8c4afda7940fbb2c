import { z } from 'zod'
import { healthStates } from '../../../shared/registry/health.ts'
import { nameSchema } from '../../../shared/registry/fields.ts'
import { idSchema } from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { healthPageOf } from '../health-page.ts'
import { notFound, setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { healthViewSchema } from '../views.ts'

const tags = ['health']
const paramsSchema = z.strictObject({ name: nameSchema })
const appQuerySchema = pageQuerySchema.extend({
  cluster: idSchema.optional().meta({ description: 'Only endpoints on this cluster' }),
  state: z.enum(healthStates).optional().meta({ description: 'Only endpoints in this state' }),
})
const listQuerySchema = appQuerySchema.extend({
  app: nameSchema.optional().meta({ description: 'Only endpoints of this app' }),
})
const responses = getResponses('A page of endpoints', pageSchemaOf(healthViewSchema))

/** Adds `/v1/health` and `/v1/apps/{name}/health`. */
export function addHealthRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, appNames } = context

  app.get(
    '/v1/health',
    {
      schema: {
        operationId: 'listHealth',
        summary: 'Health of the endpoints that are checked, by app and cluster',
        description: 'With a filter a page may have few items, or none, and still a next one.',
        tags,
        querystring: listQuerySchema,
        response: responses,
      },
    },
    (request, reply) => {
      const { app: name } = request.query
      const names = name === undefined ? appNames.all() : [name]
      const page = healthPageOf(registry.state, names, request.query)
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.get(
    '/v1/apps/:name/health',
    {
      schema: {
        operationId: 'listHealthOfApp',
        summary: 'Health of the endpoints of an app by cluster; none when it has no check',
        tags,
        params: paramsSchema,
        querystring: appQuerySchema,
        response: responses,
      },
    },
    (request, reply) => {
      const { name } = request.params
      if (!registry.state.apps.has(name)) {
        return notFound(reply, `app ${name} is not registered`)
      }
      const page = healthPageOf(registry.state, [name], request.query)
      return setVersion(reply, registry.version).send(page)
    },
  )
}
