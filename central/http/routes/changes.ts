import { z } from 'zod'
import { BODY_MAX_BYTES } from '../../../shared/registry/limits.ts'
import { manifestSchema } from '../../../shared/registry/schema.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { sendWritten } from '../objects.ts'
import { getResponses, response } from '../openapi.ts'
import { planManifest, presenceOf } from '../plan.ts'
import { problemOfRejection, sendProblem } from '../problem.ts'
import { diffEntrySchema, versionSchema } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

const flagSchema = z.enum(['true', 'false']).default('false')

const querySchema = waitQuerySchema.extend({
  dryRun: flagSchema.meta({ description: 'Show the diff, change nothing' }),
  prune: flagSchema.meta({
    description: 'Delete what is not listed, of each kind that has a list in the manifest',
  }),
})

const changeResultSchema = z
  .strictObject({
    version: versionSchema,
    changed: z.int().meta({ description: 'Length of diff' }),
    diff: z.array(diffEntrySchema),
    dryRun: z.boolean(),
  })
  .meta({ id: 'ChangeResult' })

/**
 * Elements of all lists in one manifest. Each may become an error, and the errors of a body of lists of
 * nothing but mistakes would need far more memory than the body.
 */
const ELEMENTS_MAX = 500_000

/** Adds `/v1/changes`. */
export function addChangeRoutes(app: HttpApp, context: HttpContext): void {
  const { registry } = context

  app.post(
    '/v1/changes',
    {
      bodyLimit: BODY_MAX_BYTES,
      onRequest: context.requireToken,
      preValidation: (request, _reply, done) => {
        refuseTooMany(request.body)
        request.rawBody = request.body
        done()
      },
      schema: {
        operationId: 'applyManifest',
        summary: 'Put everything that a manifest lists, as one change',
        description:
          'All or nothing. The endpoints of an app are replaced when it lists any, or [].',
        tags: ['changes'],
        security: [{ bearer: [] }],
        querystring: querySchema,
        body: manifestSchema,
        response: {
          ...getResponses('Done, or what would be done', changeResultSchema),
          202: response('Done, but not all edges serve it yet', changeResultSchema),
        },
      },
    },
    async (request, reply) => {
      const { body: manifest, query } = request
      const presence = presenceOf(request.rawBody)
      // It may be large, and the wait for edges long.
      request.rawBody = undefined
      const dryRun = query.dryRun === 'true'
      const prune = query.prune === 'true'
      const result = await registry.submit({
        plan: (state) => planManifest(state, manifest, presence, { prune }),
        actor: request.actor,
        cause: request.id,
        dryRun,
      })
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const { version, diff } = result
      const body = { version, changed: diff.length, diff, dryRun }
      const wait = dryRun ? { ...query, wait: undefined } : query
      return sendWritten(context, reply, wait, { status: 200, version, body })
    },
  )
}

/** Throws, as a bad body does, when a manifest has more list elements than any good one. */
function refuseTooMany(body: unknown): void {
  let elements = 0
  const open: unknown[] = [body]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) elements += value.length
    if (elements > ELEMENTS_MAX) {
      const message = `has more than ${ELEMENTS_MAX} list elements, send it in parts`
      throw new z.ZodError([{ code: 'custom', path: [], message, input: undefined }])
    }
    // Plain values need no look; without them the stack stays as small as the lists are.
    for (const part of Object.values(value)) if (typeof part === 'object') open.push(part)
  }
}
