import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { loadSchema } from '../../../shared/registry/load-schema.ts'
import { registrationSchema, renewalsSchema } from '../../../shared/registry/machine-schema.ts'
import { nameSchema } from '../../../shared/registry/fields.ts'
import { addressSchema, idSchema } from '../../../shared/registry/schema.ts'
import type { Rejection } from '../../model/decision.ts'
import { renewalRefusal } from '../../machines/renewal.ts'
import type { MachineKey } from '../../model/events.ts'
import { machineOf } from '../../model/machines.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { machinePageOf } from '../machine-page.ts'
import {
  machineViewSchema,
  registeredSchema,
  renewalKeySchema,
  renewedSchema,
  viewRegistered,
} from '../machine-views.ts'
import { sendWritten, setVersion } from '../objects.ts'
import {
  deleteResponses,
  emptyResponse,
  getResponses,
  problemResponses,
  putResponses,
} from '../openapi.ts'
import { pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { problemOfRejection, problemOfStatus, sendProblem } from '../problem.ts'
import { bareAddress } from '../../machines/remote-address.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['machines']
const keySchema = z.strictObject({ app: nameSchema, cluster: idSchema, machine: idSchema })
const versionSchema = z.coerce.number().int().min(1).meta({
  description: '`version` of the registration: 412 when another has taken its place',
})
const renewalQuerySchema = z.strictObject({
  version: versionSchema.optional(),
  from: z.literal('machine').optional().meta({
    description: 'The machine itself sends it: 412 when it has another address than is registered',
  }),
  load: z.coerce.number().pipe(loadSchema).optional(),
})
const renewalKeyQuerySchema = renewalQuerySchema
  .omit({ load: true })
  .extend({ version: versionSchema })
const keyQuerySchema = waitQuerySchema.extend({
  ...keySchema.shape,
  why: z
    .enum(['left', 'unhealthy'])
    .default('left')
    .meta({ description: 'unhealthy: it is ended by its terminateUrl before it is unregistered' }),
})
const listQuerySchema = pageQuerySchema.extend({
  app: nameSchema.optional().meta({ description: 'Only machines of this app' }),
  cluster: idSchema.optional().meta({ description: 'Only machines on this cluster' }),
})

/** Adds `/v1/register`, `/v1/renewals` and `/v1/machines`. */
export function addMachineRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, loads, machines, renewals } = context

  app.put(
    '/v1/register',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'registerMachine',
        summary: 'Register a machine for an app on a cluster, or renew its lease',
        description: 'The same request again is the renewal; it costs nothing in the log.',
        tags,
        security: [{ bearer: [] }],
        querystring: waitQuerySchema,
        body: registrationSchema,
        response: putResponses(registeredSchema),
      },
    },
    async (request, reply): Promise<FastifyReply> => {
      const { addresses = [addressOf(request.ip)], load, ...rest } = request.body
      if (rest.terminateUrl !== undefined) {
        const message = machines.refusalOf(rest.terminateUrl)
        if (message !== undefined) refuse('terminateUrl', message, rest.terminateUrl)
      }
      const by = { actor: request.actor, cause: request.id }
      const result = await machines.register({ ...rest, addresses }, by)
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      if (load !== undefined) loads.report({ ...rest, load })
      const { version, isNew, stored, renewBeforeEpoch } = result
      const body = viewRegistered(stored, renewBeforeEpoch)
      return sendWritten(context, reply, request.query, {
        status: isNew ? 201 : 200,
        version,
        body,
      })
    },
  )

  app.post(
    '/v1/renewals',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'renewLeases',
        summary: 'Renew the leases of many machines, as they are registered',
        tags,
        security: [{ bearer: [] }],
        body: renewalsSchema,
        response: getResponses('How it went', renewedSchema),
      },
    },
    (request, reply) => {
      const { machines: asked } = request.body
      const unknown: MachineKey[] = []
      for (const { load, ...at } of asked) {
        if (machines.renew(at) !== 'renewed') unknown.push(at)
        else if (load !== undefined) loads.report({ ...at, load })
      }
      const body = { renewed: asked.length - unknown.length, unknown }
      return setVersion(reply, registry.version).send(body)
    },
  )

  app.post(
    '/v1/renewals/:app/:cluster/:machine',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'renewLease',
        summary: 'Renew the lease of a machine, as it is registered',
        description: 'Cheaper than to register again, which it does not need unless it is told so.',
        tags,
        security: [{ bearer: [] }],
        params: keySchema,
        querystring: renewalQuerySchema,
        response: { 204: emptyResponse('Renewed'), ...problemResponses },
      },
    },
    (request, reply) => {
      const { params, query, ip } = request
      const { version, load } = query
      const address = query.from === 'machine' ? addressOf(ip) : undefined
      const renewal = machines.renew(params, { version, address })
      if (renewal !== 'renewed') {
        return sendProblem(reply, problemOfRejection(rejectionOf(renewal, params)))
      }
      if (load !== undefined) loads.report({ ...params, load })
      return setVersion(reply, registry.version).code(204).send()
    },
  )

  app.post(
    '/v1/renewals/:app/:cluster/:machine/key',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'createRenewalKey',
        summary: 'Get a key by which a machine renews its lease by datagrams',
        description:
          'For the machine as it is registered. 404 too where central takes no datagrams; it may forget a key at any time.',
        tags,
        security: [{ bearer: [] }],
        params: keySchema,
        querystring: renewalKeyQuerySchema,
        response: getResponses('The key, which nobody is told again', renewalKeySchema),
      },
    },
    (request, reply) => {
      const { params, query, ip } = request
      const address = query.from === 'machine' ? addressOf(ip) : undefined
      const as = { version: query.version, address }
      const refusal = renewalRefusal(machineOf(registry.state, params), as)
      if (refusal !== undefined) {
        return sendProblem(reply, problemOfRejection(rejectionOf(refusal, params)))
      }
      const key = renewals?.issue(params, as)
      if (key === undefined) {
        const detail = 'this central takes no renewals by datagram: machines renew over REST'
        return sendProblem(reply, problemOfStatus(404, detail))
      }
      // RFC 9111 §5.2.2.5: no-store, for it holds a secret.
      void reply.header('cache-control', 'no-store')
      return setVersion(reply, registry.version).send(key)
    },
  )

  app.delete(
    '/v1/register',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'unregisterMachine',
        summary: 'Unregister a machine',
        tags,
        security: [{ bearer: [] }],
        querystring: keyQuerySchema,
        response: deleteResponses,
      },
    },
    async (request, reply): Promise<FastifyReply> => {
      const { app, cluster, machine, why } = request.query
      const by = { actor: request.actor, cause: request.id }
      const result = await machines.unregister({ app, cluster, machine }, why, by)
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const { version } = result
      return sendWritten(context, reply, request.query, { status: 204, version, body: undefined })
    },
  )

  app.get(
    '/v1/machines',
    {
      schema: {
        operationId: 'listMachines',
        summary: 'Machines that are registered, by app, cluster and id',
        tags,
        querystring: listQuerySchema,
        response: getResponses('A page of machines', pageSchemaOf(machineViewSchema)),
      },
    },
    (request, reply) => {
      const page = machinePageOf(registry.state, request.query, (at) => machines.leaseEndsEpoch(at))
      return setVersion(reply, registry.version).send(page)
    },
  )
}

/** Why a lease is not renewed; either way the machine has to register anew. */
function rejectionOf(how: 'unknown' | 'changed', { app, cluster, machine }: MachineKey): Rejection {
  const which = `machine ${machine} of ${app} on ${cluster}`
  return how === 'unknown'
    ? { code: 'not-found', detail: `${which} is not registered, or out: it has to register` }
    : {
        code: 'precondition-failed',
        detail: `${which} is registered otherwise by now: it has to register anew`,
      }
}

/** The address that a request comes from, as a machine has it. */
function addressOf(remote: string): string {
  const parsed = addressSchema.safeParse(bareAddress(remote))
  if (!parsed.success) return refuse('addresses', 'is wanted: the request has no address', remote)
  return parsed.data
}

function refuse(field: string, message: string, input: string): never {
  throw new z.ZodError([{ code: 'custom', path: [field], message, input }])
}
