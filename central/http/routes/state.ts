import { Readable } from 'node:stream'
import { z } from 'zod'
import { stateHash } from '../../model/state-hash.ts'
import type { RegistryState } from '../../model/state.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { momentSchema } from '../history-views.ts'
import { manifestOf } from '../manifest-of.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { pastStatuses, problemOfStatus, sendProblem } from '../problem.ts'
import { versionSchema } from '../views.ts'

/** States that are on their way to clients at once: each may be as large as central's own. */
const STATES_MAX = 2
/** Characters of one piece of an answer. */
const PIECE_MAX_CHARACTERS = 64 * 1024

const querySchema = z.strictObject({
  at: momentSchema.optional().meta({ description: 'Without it now' }),
  hash: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Also hash the whole state' }),
})

const stateSchema = z
  .strictObject({
    version: versionSchema,
    atEpoch: z.number().optional().meta({ description: 'When it was accepted, ms since 1970' }),
    hash: z.string().meta({ description: 'Hash of the history that led to the version' }),
    stateHash: z
      .string()
      .optional()
      .meta({ description: 'Hash of all that was known, verdicts and machines too' }),
    manifest: z
      .strictObject({
        clusters: z.array(z.looseObject({})),
        zones: z.array(z.looseObject({})),
        records: z.array(z.looseObject({})),
        networks: z.array(z.looseObject({})),
        apps: z.array(z.looseObject({})),
      })
      .meta({ description: 'What operators had put; can be applied' }),
  })
  .meta({ id: 'State' })

/** Adds `/v1/state`. */
export function addStateRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, past } = context
  let sending = 0

  app.get(
    '/v1/state',
    {
      schema: {
        operationId: 'getState',
        summary: 'All that operators have put, now or at a moment that is past',
        tags: ['changes'],
        querystring: querySchema,
        response: getResponses('The state, as a manifest', stateSchema),
      },
    },
    async (request, reply) => {
      if (sending >= STATES_MAX) {
        const detail = `${STATES_MAX} states are being sent already, try again later`
        return sendProblem(reply, problemOfStatus(503, detail))
      }
      sending++
      reply.raw.once('close', () => sending--)
      const { at, hash } = request.query
      const isWanted = (): boolean => !request.raw.socket.destroyed
      const looked =
        at === undefined
          ? { ok: true as const, past: { state: registry.state, version: registry.version } }
          : await past.lookAtAll(at, isWanted)
      if (!looked.ok) {
        return sendProblem(reply, problemOfStatus(pastStatuses[looked.code], looked.detail))
      }
      const { state, ...moment } = looked.past
      const head = {
        ...moment,
        hash: registry.hashAt(moment.version),
        ...(hash === 'true' ? { stateHash: stateHash(state) } : {}),
      }
      void setVersion(reply, registry.version).type('application/json')
      return reply.send(Readable.from(piecesOf(head, state), { highWaterMark: 1 }))
    },
  )
}

/** The answer in pieces: as one text a large state would be in memory twice more. */
function piecesOf(head: object, state: RegistryState): Iterable<string> {
  // Taken at once: writes go on while it is sent.
  const manifest = manifestOf(state)
  return (function* pieces(): Iterable<string> {
    let text = `${JSON.stringify(head).slice(0, -1)},"manifest":{`
    let isFirstList = true
    for (const [name, items] of Object.entries(manifest)) {
      text += `${isFirstList ? '' : ','}${JSON.stringify(name)}:[`
      isFirstList = false
      let isFirst = true
      for (const item of items) {
        text += (isFirst ? '' : ',') + JSON.stringify(item)
        isFirst = false
        if (text.length < PIECE_MAX_CHARACTERS) continue
        yield text
        text = ''
      }
      text += ']'
    }
    yield `${text}}}`
  })()
}
