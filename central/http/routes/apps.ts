import { z } from 'zod'
import { nameSchema } from '../../../shared/registry/fields.ts'
import {
  appSchema,
  appWithEndpointsSchema,
  endpointSchema,
  idSchema,
} from '../../../shared/registry/schema.ts'
import { isAtOrUnder } from '../../../shared/dns/name.ts'
import { ENDPOINTS_MAX } from '../../../shared/registry/limits.ts'
import type { StoredApp, StoredEndpoint } from '../../model/state.ts'
import { zoneOf } from '../../model/state.ts'
import { confirmShape, isGuarded } from '../confirm.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { conditionHeadersSchema } from '../etag.ts'
import {
  answerWrite,
  endpointAfter,
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
import { planApp } from '../plan.ts'
import { appViewSchema, viewApp } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['apps']
const paramsSchema = z.strictObject({ name: nameSchema })
const bodySchema = appSchema.extend({
  name: nameSchema.optional(),
  endpoints: z
    .array(endpointSchema)
    .max(ENDPOINTS_MAX)
    .optional()
    .meta({ description: 'Replaces the endpoints of the app; without it they stay as they are' }),
})
const listQuerySchema = pageQuerySchema.extend({
  zone: nameSchema.optional().meta({ description: 'Only apps that lie in this zone' }),
  cluster: idSchema.optional().meta({ description: 'Only apps with an endpoint on this cluster' }),
})

/** Adds `/v1/apps` and `/v1/apps/{name}`. */
export function addAppRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, appNames } = context

  app.get(
    '/v1/apps',
    {
      schema: {
        operationId: 'listApps',
        summary: 'Apps by name, with their endpoints',
        description: 'With a filter a page may have few items, or none, and still a next one.',
        tags,
        querystring: listQuerySchema,
        response: getResponses('A page of apps', pageSchemaOf(appViewSchema)),
      },
    },
    (request, reply) => {
      const { zone, cluster } = request.query
      const page = pageOf(appNames.all(), request.query, (name) => {
        // The cheap half of the question first: it is asked of every app there is.
        if (zone !== undefined && !isAtOrUnder(name, zone)) return undefined
        const stored = registry.state.apps.get(name)
        if (stored === undefined) return undefined
        if (cluster !== undefined && !stored.endpoints.has(cluster)) return undefined
        if (zone !== undefined && zoneOf(registry.state, name)?.value.apex !== zone)
          return undefined
        return { item: viewApp(stored), weight: 1 + stored.endpoints.size }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.get(
    '/v1/apps/:name',
    {
      schema: {
        operationId: 'getApp',
        summary: 'One app with its endpoints',
        tags,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses('The app', appViewSchema),
      },
    },
    (request, reply) => {
      const { name } = request.params
      const stored = registry.state.apps.get(name)
      if (stored === undefined) return notFound(reply, `app ${name} is not registered`)
      const { version } = stored
      return sendObject(context, request, reply, { version, view: viewApp(stored) })
    },
  )

  app.put(
    '/v1/apps/:name',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putApp',
        summary: 'Create or replace an app',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema.extend(confirmShape),
        headers: conditionHeadersSchema,
        body: bodySchema,
        response: putResponses(appViewSchema),
      },
    },
    (request, reply) => {
      const { name } = request.params
      refuseOtherKey('name', request.body.name, name)
      // Once more, for what the schema of a whole app says of its list of endpoints.
      const { endpoints, ...value } = parseBody(appWithEndpointsSchema, {
        ...request.body,
        name,
      })
      const given = request.body.endpoints === undefined ? undefined : endpoints
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.apps.get(name),
        versionOf: (before) => before?.version,
        isGuarded: isGuarded(request.query),
        plan: (state, precondition) => planApp(state, value, given, precondition),
        after: (before, version) => {
          const stored = appAfter(before, value, given, version)
          return { version: stored.version, view: viewApp(stored) }
        },
      })
    },
  )

  app.delete(
    '/v1/apps/:name',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteApp',
        summary: 'Delete an app with its endpoints',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const { name } = request.params
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.apps.get(name),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'delete-app', name, ...ifOf(precondition) }],
        after: () => undefined,
      })
    },
  )
}

type AppValue = StoredApp['value']
type EndpointValue = z.output<typeof endpointSchema>

/** The app after a put. It is at the new version when it or any of its endpoints has changed. */
function appAfter(
  before: StoredApp | undefined,
  value: AppValue,
  given: readonly EndpointValue[] | undefined,
  version: number,
): StoredApp {
  const had = before?.endpoints ?? new Map<string, StoredEndpoint>()
  const endpoints =
    given === undefined
      ? new Map(had)
      : new Map([...had].filter(([, endpoint]) => endpoint.isForMachines === true))
  for (const each of given ?? []) {
    endpoints.set(each.cluster, endpointAfter(had.get(each.cluster), each, version))
  }
  const isSame =
    before !== undefined &&
    storedAfter(before, value, version) === before &&
    endpoints.size === had.size &&
    [...endpoints].every(([cluster, endpoint]) => had.get(cluster) === endpoint)
  return isSame ? before : { value, version, endpoints }
}
