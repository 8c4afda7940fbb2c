import { z } from 'zod'
import { nameSchema, zoneSchema } from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { conditionHeadersSchema } from '../etag.ts'
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
import { viewZone, zoneViewSchema } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['zones']
const paramsSchema = z.strictObject({ apex: nameSchema })
const bodySchema = zoneSchema.in.extend({ apex: nameSchema.optional() })

/** Adds `/v1/zones`. */
export function addZoneRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, apexes } = context

  app.get(
    '/v1/zones',
    {
      schema: {
        operationId: 'listZones',
        summary: 'Zones by apex',
        tags,
        querystring: pageQuerySchema,
        response: getResponses('A page of zones', pageSchemaOf(zoneViewSchema)),
      },
    },
    (request, reply) => {
      const page = pageOf(apexes.all(), request.query, (apex) => {
        const stored = registry.state.zones.get(apex)
        return stored && { item: viewZone(stored), weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.get(
    '/v1/zones/:apex',
    {
      schema: {
        operationId: 'getZone',
        summary: 'One zone',
        tags,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses('The zone', zoneViewSchema),
      },
    },
    (request, reply) => {
      const { apex } = request.params
      const stored = registry.state.zones.get(apex)
      if (stored === undefined) return notFound(reply, `zone ${apex} is not registered`)
      const { version, serialVersion } = stored
      // The serial rises with the apps of the zone and the tag does not, so that If-Match stays a
      // matter of the zone itself; then "not modified" would be untrue.
      const isFresh = serialVersion === version
      return sendObject(context, request, reply, { version, view: viewZone(stored), isFresh })
    },
  )

  app.put(
    '/v1/zones/:apex',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putZone',
        summary: 'Create or replace a zone',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        body: bodySchema,
        response: putResponses(zoneViewSchema),
      },
    },
    (request, reply) => {
      const { apex } = request.params
      refuseOtherKey('apex', request.body.apex, apex)
      const zone = parseBody(zoneSchema, { ...request.body, apex })
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.zones.get(apex),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'put-zone', zone, ...ifOf(precondition) }],
        after: (before, version) => {
          const stored = storedAfter(before, zone, version)
          const serialVersion = stored === before ? before.serialVersion : version
          return { version: stored.version, view: viewZone({ ...stored, serialVersion }) }
        },
      })
    },
  )

  app.delete(
    '/v1/zones/:apex',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteZone',
        summary: 'Delete a zone that has no apps',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const { apex } = request.params
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.zones.get(apex),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [{ type: 'delete-zone', apex, ...ifOf(precondition) }],
        after: () => undefined,
      })
    },
  )
}
