import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { registrationSchema, renewalsSchema } from '../../../shared/registry/machine-schema.ts'
import { addressSchema, idSchema, nameSchema } from '../../../shared/registry/schema.ts'
import type { MachineKey } from '../../model/events.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { machinePageOf } from '../machine-page.ts'
import {
  machineViewSchema,
  registeredSchema,
  renewedSchema,
  viewRegistered,
} from '../machine-views.ts'
import { sendWritten, setVersion } from '../objects.ts'
import { deleteResponses, getResponses, putResponses } from '../openapi.ts'
import { pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { problemOfRejection, sendProblem } from '../problem.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['machines']
const keyQuerySchema = waitQuerySchema.extend({
  app: nameSchema,
  cluster: idSchema,
  machine: idSchema,
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
  const { registry, loads, machines } = context

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
        if (!machines.renew(at)) unknown.push(at)
        else if (load !== undefined) loads.report({ ...at, load })
      }
      const body = { renewed: asked.length - unknown.length, unknown }
      return setVersion(reply, registry.version).send(body)
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

/** The address that a request comes from, as a machine has it. */
function addressOf(remote: string): string {
  // A socket that listens on :: shows IPv4 as RFC 4291 §2.5.5.2 maps it; a scope is no part of it.
  const parsed = addressSchema.safeParse(
    remote.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, ''),
  )
  if (!parsed.success) return refuse('addresses', 'is wanted: the request has no address', remote)
  return parsed.data
}

function refuse(field: string, message: string, input: string): never {
  throw new z.ZodError([{ code: 'custom', path: [field], message, input }])
}
