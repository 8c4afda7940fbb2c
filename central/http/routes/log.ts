import { z } from 'zod'
import type { HttpApp, HttpContext } from '../context.ts'
import { verifyLog } from '../../registry/verify.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { problemOfStatus, sendProblem } from '../problem.ts'
import { versionSchema } from '../views.ts'

const querySchema = z.strictObject({
  state: z.enum(['true', 'false']).default('false').meta({
    description:
      'Also fold the log from its first record, and compare with the state that is served',
  }),
})

const verifiedSchema = z
  .discriminatedUnion('ok', [
    z.strictObject({
      ok: z.literal(true),
      version: versionSchema.meta({ description: 'The head; that many records' }),
      hash: z.string().meta({ description: 'Hash of the history up to the head' }),
      events: z.int(),
      stateHash: z.string().optional().meta({ description: 'Of what the log folds to' }),
      liveStateHash: z.string().optional().meta({ description: 'Of what is served' }),
    }),
    z.strictObject({
      ok: z.literal(false),
      version: versionSchema.meta({ description: 'The first record that is damaged' }),
      detail: z.string(),
    }),
  ])
  .meta({ id: 'Verified' })

/** Adds `/v1/log/verify`. */
export function addLogRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, clock } = context
  let isBusy = false

  app.post(
    '/v1/log/verify',
    {
      onRequest: context.requireToken,
      schema: {
        operationId: 'verifyLog',
        summary: 'Read the whole log, and compare each record with the chain of hashes',
        description: 'One request at a time: a long log takes seconds.',
        tags: ['changes'],
        security: [{ bearer: [] }],
        querystring: querySchema,
        response: getResponses('What was found; a damaged log too', verifiedSchema),
      },
    },
    async (request, reply) => {
      if (isBusy) return sendProblem(reply, problemOfStatus(503, BUSY))
      isBusy = true
      try {
        const withState = request.query.state === 'true'
        const isWanted = (): boolean => !request.raw.socket.destroyed
        const verified = await verifyLog(registry, clock, { withState }, isWanted)
        if (verified === undefined) return sendProblem(reply, problemOfStatus(503, BUSY))
        return setVersion(reply, registry.version).send(verified)
      } finally {
        isBusy = false
      }
    },
  )
}

const BUSY = 'the log is being verified already, try again in a few seconds'
