import { z } from 'zod'
import { changeSetSchema } from '../../../shared/registry/change-set-schema.ts'
import { BODY_MAX_BYTES } from '../../../shared/registry/limits.ts'
import type { DiffEntry } from '../../registry/diff.ts'
import { confirmShape, flagSchema, isGuarded } from '../confirm.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { sendWritten } from '../objects.ts'
import { getResponses, response } from '../openapi.ts'
import { planChangeSet } from '../plan-change-set.ts'
import { presenceOf } from '../plan.ts'
import { problemOfRejection, sendProblem } from '../problem.ts'
import { diffEntrySchema, versionSchema } from '../views.ts'
import { waitQuerySchema } from '../wait.ts'

const querySchema = waitQuerySchema.extend({
  dryRun: flagSchema.meta({ description: 'Show the diff, change nothing' }),
  prune: flagSchema.meta({
    description: 'Delete what is not listed, of each kind that has a list in the manifest',
  }),
  diff: z.enum(['true', 'false']).default('true').meta({
    description: 'false: answer with `counts` in place of `diff`, for changes of many objects',
  }),
  ...confirmShape,
})

const countsSchema = z.strictObject({
  create: z.int().min(0),
  change: z.int().min(0),
  delete: z.int().min(0),
})

const changeResultSchema = z
  .strictObject({
    version: versionSchema,
    changed: z.int().meta({ description: 'How many objects: the length of diff' }),
    diff: z.array(diffEntrySchema).optional(),
    counts: z
      .partialRecord(diffEntrySchema.shape.kind, countsSchema)
      .optional()
      .meta({ description: 'With `diff=false`: how many objects of each kind' }),
    dryRun: z.boolean(),
    guarded: z.string().optional().meta({
      description: 'Of a dry run: why the change is refused (code `guard`) without `confirm=true`',
    }),
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
          'All or nothing. What has to hold (`preconditions`) is looked at first, then goes what is to go ' +
          '(`deletes`). The endpoints of an app are replaced when it lists any, or [].',
        tags: ['changes'],
        security: [{ bearer: [] }],
        querystring: querySchema,
        body: changeSetSchema,
        response: {
          ...getResponses('Done, or what would be done', changeResultSchema),
          202: response('Done, but not all edges serve it yet', changeResultSchema),
        },
      },
    },
    async (request, reply) => {
      const { body: changeSet, query } = request
      const presence = presenceOf(request.rawBody)
      // It may be large, and the wait for edges long.
      request.rawBody = undefined
      const dryRun = query.dryRun === 'true'
      const prune = query.prune === 'true'
      const result = await registry.submit({
        plan: (state) => planChangeSet(state, changeSet, presence, { prune }),
        actor: request.actor,
        cause: request.id,
        dryRun,
        isGuarded: isGuarded(query),
      })
      if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
      const { version, diff, guarded } = result
      const shown = query.diff === 'true' ? { diff } : { counts: countsOf(diff) }
      const why = guarded === undefined ? {} : { guarded }
      const body = { version, changed: diff.length, ...shown, dryRun, ...why }
      const wait = dryRun ? { ...query, wait: undefined } : query
      return sendWritten(context, reply, wait, { status: 200, version, body })
    },
  )
}

type Counts = z.output<typeof countsSchema>

/** How many objects of each kind a diff has. */
function countsOf(diff: readonly DiffEntry[]): Partial<Record<DiffEntry['kind'], Counts>> {
  const counts: Partial<Record<DiffEntry['kind'], Counts>> = {}
  for (const { kind, action } of diff) {
    const ofKind = (counts[kind] ??= { create: 0, change: 0, delete: 0 })
    ofKind[action]++
  }
  return counts
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
