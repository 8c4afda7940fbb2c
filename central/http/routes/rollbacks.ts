import { z } from 'zod'
import { nameSchema } from '../../../shared/registry/fields.ts'
import type { RegistryState } from '../../model/state.ts'
import { confirmShape, isGuarded } from '../confirm.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { momentSchema } from '../history-views.ts'
import { notFound, sendWritten } from '../objects.ts'
import { getResponses, response } from '../openapi.ts'
import { planRollback } from '../plan-rollback.ts'
import type { RollbackPlan, RollbackScope } from '../plan-rollback.ts'
import { pastStatuses, problemOfRejection, problemOfStatus, sendProblem } from '../problem.ts'
import { diffEntrySchema, versionSchema } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

/** Zones or apps that one request names. */
const NAMES_MAX = 1_000

const namesSchema = z.array(nameSchema).min(1).max(NAMES_MAX)

const bodySchema = z.strictObject({
  to: z
    .union([
      z
        .int()
        .min(0)
        .transform((version) => ({ version })),
      momentSchema,
    ])
    .meta({ description: 'Version of a change, or a time (RFC 3339): what was then' }),
  zones: namesSchema.optional().meta({
    description: 'Only these zones, with the records and apps that lie in them now or did then',
  }),
  apps: namesSchema.optional().meta({ description: 'Only these apps, with their endpoints' }),
  dryRun: z.boolean().default(false).meta({ description: 'Show the diff, change nothing' }),
  expect: z
    .string()
    .regex(/^[0-9a-f]{32}$/, { error: 'is not a tag that a dry run gave' })
    .optional()
    .meta({ description: '`tag` of a dry run: 412 when anything else would happen now' }),
})

const resultSchema = z
  .strictObject({
    version: versionSchema,
    to: versionSchema.meta({ description: 'The version that is as it was' }),
    toEpoch: z.number().meta({ description: 'When that was accepted, ms since 1970' }),
    changed: z.int().meta({ description: 'Length of diff' }),
    diff: z.array(diffEntrySchema),
    dryRun: z.boolean(),
    tag: z.string().meta({ description: 'Names all that is changed, and from what to what' }),
    guarded: z.string().optional().meta({
      description: 'Of a dry run: why the change is refused (code `guard`) without `confirm=true`',
    }),
  })
  .meta({ id: 'RollbackResult' })

/** Adds `/v1/rollbacks`. */
export function addRollbackRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, past } = context

  app.post(
    '/v1/rollbacks',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'rollBack',
        summary: 'Make what operators put as it was, as one new change',
        description:
          'Clusters, zones, records, networks, apps and endpoints; not verdicts, forces, maintenance, ' +
          'loads and machines. All or nothing. Nothing is taken out of the log.',
        tags: ['changes'],
        security: [{ bearer: [] }],
        querystring: waitQuerySchema.extend(confirmShape),
        body: bodySchema,
        response: {
          ...getResponses('Done, or what would be done', resultSchema),
          202: response('Done, but not all edges serve it yet', resultSchema),
        },
      },
    },
    async (request, reply) => {
      const { to, dryRun, expect, ...scope } = request.body
      const isWanted = (): boolean => !request.raw.socket.destroyed
      const looked = await past.lookAtAll(to, isWanted)
      if (!looked.ok) {
        return sendProblem(reply, problemOfStatus(pastStatuses[looked.code], looked.detail))
      }
      const then = looked.past
      const missing = missingFrom(scope, [then.state, registry.state])
      if (missing !== undefined) {
        return notFound(reply, `${missing} is not registered, and was not at ${then.version}`)
      }
      let planned: RollbackPlan | undefined
      const result = await registry.submit({
        plan: (state) => {
          planned = planRollback(state, then.state, scope)
          return expect === undefined || expect === planned.tag ? planned.commands : []
        },
        actor: request.actor,
        cause: request.id,
        dryRun,
        isGuarded: isGuarded(request.query),
      })
      const tag = planned?.tag ?? ''
      if (expect !== undefined && expect !== tag) {
        const detail = `something has changed since the diff was shown: its tag is ${tag} now, not ${expect}`
        return sendProblem(reply, problemOfStatus(412, detail))
      }
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const { version, diff, guarded } = result
      const body = {
        version,
        to: then.version,
        toEpoch: then.atEpoch,
        changed: diff.length,
        diff,
        dryRun,
        tag,
        ...(guarded === undefined ? {} : { guarded }),
      }
      const wait = dryRun ? { ...request.query, wait: undefined } : request.query
      return sendWritten(context, reply, wait, { status: 200, version, body })
    },
  )
}

/** What a scope names that is in none of the states. */
function missingFrom(scope: RollbackScope, states: readonly RegistryState[]): string | undefined {
  const zone = scope.zones?.find((apex) => !states.some(({ zones }) => zones.has(apex)))
  if (zone !== undefined) return `zone ${zone}`
  const app = scope.apps?.find((name) => !states.some(({ apps }) => apps.has(name)))
  return app === undefined ? undefined : `app ${app}`
}
