import { z } from 'zod'
import { nameSchema } from '../../../shared/registry/fields.ts'
import { zoneSchema } from '../../../shared/registry/schema.ts'
import type { Command } from '../../model/decide.ts'
import { rrsetsOfZone } from '../../model/records.ts'
import type { Precondition } from '../../model/rules.ts'
import type { RegistryState } from '../../model/state.ts'
import { confirmShape, flagSchema, isGuarded } from '../confirm.ts'
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
const deleteQuerySchema = waitQuerySchema.extend({
  cascade: flagSchema.meta({ description: 'Delete the records of the zone with it' }),
  ...confirmShape,
})
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
        summary: 'Delete a zone that has no apps and no records, or its records too',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: deleteQuerySchema,
        headers: conditionHeadersSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const { apex } = request.params
      return answerWrite(context, request, reply, request.query, {
        look: (state) => state.zones.get(apex),
        versionOf: (before) => before?.version,
        isGuarded: isGuarded(request.query),
        plan: (state, precondition) => [
          // A precondition of the zone holds before anything of it goes.
          ...(precondition === undefined ? [] : [requireZone(apex, precondition)]),
          ...(request.query.cascade === 'true' ? deleteRecords(state, apex) : []),
          { type: 'delete-zone', apex },
        ],
        after: () => undefined,
      })
    },
  )
}

function requireZone(apex: string, precondition: Precondition): Command {
  return { type: 'require', kind: 'zone', id: apex, if: precondition }
}

function deleteRecords(state: RegistryState, apex: string): readonly Command[] {
  return rrsetsOfZone(state, apex).map(({ value }) => ({
    type: 'delete-rrset',
    name: value.name,
    rrtype: value.type,
  }))
}
