import { z } from 'zod'
import { maintenanceSchema } from '../../../shared/registry/maintenance-schema.ts'
import { idSchema } from '../../../shared/registry/schema.ts'
import type { MaintenanceWindow } from '../../model/events.ts'
import type { StoredWindow } from '../../model/state.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { maintenanceViewSchema, viewMaintenance } from '../maintenance-views.ts'
import { refuseOtherKey, sendWritten, setVersion } from '../objects.ts'
import { deleteResponses, getResponses, putResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { problemOfRejection, sendProblem } from '../problem.ts'
import { waitQuerySchema } from '../wait.ts'

const tags = ['maintenance']
const paramsSchema = z.strictObject({ id: idSchema })

/** Adds `/v1/maintenance`. */
export function addMaintenanceRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, clock } = context

  app.get(
    '/v1/maintenance',
    {
      schema: {
        operationId: 'listMaintenance',
        summary: 'Windows of maintenance that are planned or in force, by id',
        tags,
        querystring: pageQuerySchema,
        response: getResponses('A page of windows', pageSchemaOf(maintenanceViewSchema)),
      },
    },
    (request, reply) => {
      // At most MAINTENANCE_MAX: sorting them is cheaper than keeping them sorted.
      const { maintenance } = registry.state
      const page = pageOf([...maintenance.keys()].sort(), request.query, (id) => {
        const stored = maintenance.get(id)
        return stored && { item: viewMaintenance(stored), weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.put(
    '/v1/maintenance/:id',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'putMaintenance',
        summary: 'Plan maintenance of a cluster or an endpoint, or replace what was planned',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        body: maintenanceSchema,
        response: putResponses(maintenanceViewSchema),
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { id: inBody, target, from, until, state, reason } = request.body
      refuseOtherKey('id', inBody, id)
      const nowEpoch = clock.epochMs()
      if (until <= nowEpoch) refusePast(until)
      const { actor } = request
      const times = { fromEpoch: from, untilEpoch: until }
      const window: MaintenanceWindow = { id, ...target, ...times, state, reason, actor }
      let before: StoredWindow | undefined
      const result = await registry.submit({
        plan: (known) => {
          before = known.maintenance.get(id)
          return [{ type: 'put-maintenance', window, nowEpoch }]
        },
        actor,
        cause: request.id,
      })
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const isSame = before !== undefined && result.diff.length === 0
      const isInForce = from <= nowEpoch
      const body = viewMaintenance(isSame && before ? before : { value: window, isInForce })
      const status = before === undefined ? 201 : 200
      return sendWritten(context, reply, request.query, { status, version: result.version, body })
    },
  )

  app.delete(
    '/v1/maintenance/:id',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'deleteMaintenance',
        summary: 'Delete a window of maintenance; one that is in force ends',
        tags,
        security: [{ bearer: [] }],
        params: paramsSchema,
        querystring: waitQuerySchema,
        response: deleteResponses,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const result = await registry.submit({
        plan: () => [{ type: 'delete-maintenance', id }],
        actor: request.actor,
        cause: request.id,
      })
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const written = { status: 204, version: result.version, body: undefined }
      return sendWritten(context, reply, request.query, written)
    },
  )
}

function refusePast(until: number): never {
  const message = 'is not in the future'
  const input = new Date(until).toISOString()
  throw new z.ZodError([{ code: 'custom', path: ['until'], message, input }])
}
