import { z } from 'zod'
import type { Name } from '../../../shared/dns/name.ts'
import { parseName } from '../../../shared/dns/name.ts'
import { nameSchema } from '../../../shared/registry/fields.ts'
import {
  recordTypeSchema,
  rrsetFieldsSchema,
  rrsetSchema,
} from '../../../shared/registry/rrset-schema.ts'
import { outOfZone } from '../../model/decide-rrset.ts'
import { rrsetAt } from '../../model/records.ts'
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
import { pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { problemOfRejection, problemOfStatus, sendProblem } from '../problem.ts'
import { rrsetPageOf } from '../rrset-page.ts'
import { rrsetViewSchema, viewRrset } from '../rrset-views.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['records']

const ownerSchema = z
  .string()
  .meta({ description: 'Absolute name, or @ for the apex of the zone', example: 'www.example' })
  .transform((text, ctx) => {
    // RFC 1035 §5.1: a free standing @ denotes the origin.
    if (text === '@') return text
    const parsed = parseName(text)
    if (parsed.ok) return parsed.name
    ctx.addIssue({ code: 'custom', message: parsed.reason, input: text })
    return z.NEVER
  })

const listParamsSchema = z.strictObject({ apex: nameSchema })
const paramsSchema = z.strictObject({
  apex: nameSchema,
  name: ownerSchema,
  type: recordTypeSchema,
})
const listQuerySchema = pageQuerySchema.extend({
  name: ownerSchema.optional().meta({ description: 'Only rrsets of this name' }),
  type: recordTypeSchema.optional().meta({ description: 'Only rrsets of this type' }),
})
const bodySchema = rrsetFieldsSchema.extend({
  name: nameSchema.optional(),
  type: recordTypeSchema.optional(),
})

/** Adds `/v1/zones/{apex}/rrsets`. */
export function addRecordRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, recordNames } = context

  app.get(
    '/v1/zones/:apex/rrsets',
    {
      schema: {
        operationId: 'listRrsets',
        summary: 'Static records of a zone, by name and type',
        description:
          'Without SOA and NS of the apex, which are of the zone, and without what apps answer. ' +
          'A page may have few items, or none, and still a next one.',
        tags,
        params: listParamsSchema,
        querystring: listQuerySchema,
        response: getResponses('A page of rrsets', pageSchemaOf(rrsetViewSchema)),
      },
    },
    (request, reply) => {
      const { apex } = request.params
      const { state } = registry
      if (!state.zones.has(apex)) return notFound(reply, `zone ${apex} is not registered`)
      const { name, ...query } = request.query
      const owner = name === undefined ? undefined : ownerIn(apex, name)
      const names = owner === undefined ? recordNames.all() : []
      const page = rrsetPageOf(state, names, apex, { ...query, name: owner })
      const items = page.items.map(viewRrset)
      return setVersion(reply, registry.version).send({ ...page, items })
    },
  )

  app.get(
    '/v1/zones/:apex/rrsets/:name/:type',
    {
      schema: {
        operationId: 'getRrset',
        summary: 'The static records of a name and type',
        tags,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses('The rrset', rrsetViewSchema),
      },
    },
    (request, reply) => {
      const { apex, type } = request.params
      const { state } = registry
      if (!state.zones.has(apex)) return notFound(reply, `zone ${apex} is not registered`)
      const name = ownerIn(apex, request.params.name)
      const foreign = outOfZone(state, { name, type }, apex)
      if (foreign !== undefined) {
        const { code, detail } = foreign.rejection
        const { type: urn } = problemOfRejection(foreign.rejection)
        return sendProblem(reply, { ...problemOfStatus(404, detail), type: urn, code })
      }
      const stored = rrsetAt(state, name, type)
      if (stored === undefined) return notFound(reply, `rrset ${name} ${type} is not registered`)
      const { version } = stored
      return sendObject(context, request, reply, { version, view: viewRrset(stored) })
    },
  )

  app.put(
    '/v1/zones/:apex/rrsets/:name/:type',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putRrset',
        summary: 'Create or replace the static records of a name and type',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        body: bodySchema,
        response: putResponses(rrsetViewSchema),
      },
    },
    (request, reply) => {
      const { apex, type } = request.params
      const name = ownerIn(apex, request.params.name)
      refuseOtherKey('name', request.body.name, name)
      refuseOtherKey('type', request.body.type, type)
      const rrset = parseBody(rrsetSchema, { ...request.body, name, type })
      return answerWrite(context, request, reply, request.query, {
        look: (state) => rrsetAt(state, name, type),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [
          { type: 'put-rrset', rrset, zone: apex, ...ifOf(precondition) },
        ],
        after: (before, version) => {
          const stored = storedAfter(before, rrset, version)
          return { version: stored.version, view: viewRrset(stored) }
        },
      })
    },
  )

  app.delete(
    '/v1/zones/:apex/rrsets/:name/:type',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteRrset',
        summary: 'Delete the static records of a name and type',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        headers: conditionHeadersSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const { apex, type } = request.params
      const name = ownerIn(apex, request.params.name)
      return answerWrite(context, request, reply, request.query, {
        look: (state) => rrsetAt(state, name, type),
        versionOf: (before) => before?.version,
        plan: (_state, precondition) => [
          { type: 'delete-rrset', name, rrtype: type, zone: apex, ...ifOf(precondition) },
        ],
        after: () => undefined,
      })
    },
  )
}

function ownerIn(apex: Name, owner: string): Name {
  return owner === '@' ? apex : owner
}
