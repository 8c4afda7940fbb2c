import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Name } from '../../../shared/dns/name.ts'
import { rrsetSchema } from '../../../shared/registry/rrset-schema.ts'
import { rrsetAt } from '../../model/records.ts'
import type { StoredRrset } from '../../model/records.ts'
import type { BetterdnsBody, BetterdnsType } from '../betterdns-values.ts'
import { betterdnsBodySchema, betterdnsTypes, nameIn, rdataOf } from '../betterdns-values.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { defaultZone, locate } from '../default-zone.ts'
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
import { problemOfStatus, sendProblem } from '../problem.ts'
import { rrsetPageOf } from '../rrset-page.ts'
import { waitQuerySchema } from '../wait.ts'

/** TTL of records that are put without one. */
const DEFAULT_TTL_SECONDS = 300

const viewSchema = z
  .strictObject({
    name: z.string().meta({ description: 'Canonical domain name', example: 'www.example.' }),
    type: z.string(),
    ttl: z.int().min(0),
    values: z.array(z.string()).meta({ description: 'Data of each record as in a zone file' }),
    version: z.int().min(0).meta({ description: 'The change that last touched them' }),
  })
  .meta({ id: 'BetterdnsRecords' })

const paramsSchema = z.strictObject({
  name: z.string().meta({ description: 'Name, relative to the default zone or absolute' }),
})

/** Adds `/a`, `/aaaa`, `/cname`, `/txt`, `/mx` and `/srv`, for the zone that `http.defaultZone` names. */
export function addBetterdnsRoutes(app: HttpApp, context: HttpContext): void {
  for (const type of betterdnsTypes) addRoutesOf(type, app, context)
}

function addRoutesOf(type: BetterdnsType, app: HttpApp, context: HttpContext): void {
  const { registry, recordNames } = context
  const path = `/${type.toLowerCase()}`
  const of = `${type} records`
  const shared = { tags: ['betterdns'] }
  const write = {
    ...shared,
    security: [{ bearer: [] }],
    querystring: waitQuerySchema,
    headers: conditionHeadersSchema,
  }

  app.get(
    path,
    {
      schema: {
        ...shared,
        operationId: `listBetterdns${type}`,
        summary: `The ${of} of the default zone`,
        querystring: pageQuerySchema,
        response: getResponses(`A page of ${of}`, pageSchemaOf(viewSchema)),
      },
    },
    (request, reply) => {
      const zone = defaultZone(context)
      if (!zone.ok) return notFound(reply, zone.detail)
      const query = { ...request.query, type }
      const page = rrsetPageOf(registry.state, recordNames.all(), zone.apex, query)
      const items = page.items.map(view)
      return setVersion(reply, registry.version).send({ ...page, items })
    },
  )

  app.get(
    `${path}/:name`,
    {
      schema: {
        ...shared,
        operationId: `getBetterdns${type}`,
        summary: `The ${of} of a name`,
        params: paramsSchema,
        headers: conditionHeadersSchema,
        response: getObjectResponses(`The ${of}`, viewSchema),
      },
    },
    (request, reply) => {
      const found = locate(context, type, request.params.name)
      if (!found.ok) return sendProblem(reply, found.problem)
      const stored = rrsetAt(registry.state, found.name, type)
      if (stored === undefined) return notFound(reply, `${found.name} has no ${of}`)
      return sendObject(context, request, reply, { version: stored.version, view: view(stored) })
    },
  )

  app.post(
    path,
    {
      onRequest: context.requireToken,
      schema: {
        ...write,
        operationId: `createBetterdns${type}`,
        summary: `Create the ${of} of the name in the body`,
        body: betterdnsBodySchema,
        response: putResponses(viewSchema),
      },
    },
    (request, reply) => create(context, request, reply, type, request.body.name, request.body),
  )

  app.post(
    `${path}/:name`,
    {
      onRequest: context.requireToken,
      schema: {
        ...write,
        operationId: `createBetterdns${type}At`,
        summary: `Create the ${of} of a name`,
        params: paramsSchema,
        body: betterdnsBodySchema,
        response: putResponses(viewSchema),
      },
    },
    (request, reply) => create(context, request, reply, type, request.params.name, request.body),
  )

  app.put(
    `${path}/:name`,
    {
      onRequest: context.requireToken,
      schema: {
        ...write,
        operationId: `putBetterdns${type}`,
        summary: `Create or replace the ${of} of a name`,
        params: paramsSchema,
        body: betterdnsBodySchema,
        response: putResponses(viewSchema),
      },
    },
    (request, reply) => {
      const found = locate(context, type, request.params.name)
      if (!found.ok) return sendProblem(reply, found.problem)
      return put(context, request, reply, { type, ...found }, request.body)
    },
  )

  app.delete(
    `${path}/:name`,
    {
      onRequest: context.requireToken,
      schema: {
        ...write,
        operationId: `deleteBetterdns${type}`,
        summary: `Delete the ${of} of a name`,
        params: paramsSchema,
        response: deleteResponses,
      },
    },
    (request, reply) => {
      const found = locate(context, type, request.params.name)
      if (!found.ok) return sendProblem(reply, found.problem)
      const { apex, name } = found
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

function create(
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  type: BetterdnsType,
  text: string | undefined,
  body: BetterdnsBody,
): Promise<FastifyReply> | FastifyReply {
  if (text === undefined) return sendProblem(reply, problemOfStatus(422, 'body/name: is missing'))
  const found = locate(context, type, text)
  if (!found.ok) return sendProblem(reply, found.problem)
  if (rrsetAt(context.registry.state, found.name, type) !== undefined) {
    const detail = `${found.name} has ${type} records already: PUT replaces them`
    return sendProblem(reply, problemOfStatus(409, detail))
  }
  return put(context, request, reply, { type, ...found }, body)
}

function put(
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { type, apex, name }: { readonly type: BetterdnsType; readonly apex: Name; readonly name: Name },
  body: BetterdnsBody,
): Promise<FastifyReply> {
  if (body.name !== undefined && nameIn(apex, body.name) !== name) {
    refuseOtherKey('name', body.name, name)
  }
  const before = rrsetAt(context.registry.state, name, type)?.value.ttl
  const ttl = body.ttl ?? before ?? DEFAULT_TTL_SECONDS
  const rdata = [...rdataOf(type, body, apex)]
  const rrset = parseBody(rrsetSchema, { name, type, ttl, rdata })
  return answerWrite(context, request, reply, waitQuerySchema.parse(request.query), {
    look: (state) => rrsetAt(state, name, type),
    versionOf: (stored) => stored?.version,
    plan: (_state, precondition) => [
      { type: 'put-rrset', rrset, zone: apex, ...ifOf(precondition) },
    ],
    after: (stored, version) => {
      const after = storedAfter(stored, rrset, version)
      return { version: after.version, view: view(after) }
    },
  })
}

function view({ value, version }: StoredRrset): z.output<typeof viewSchema> {
  const { name, type, ttl, rdata } = value
  return { name, type, ttl, values: [...rdata], version }
}
