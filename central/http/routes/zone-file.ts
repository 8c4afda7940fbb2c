import { z } from 'zod'
import { nameSchema } from '../../../shared/registry/fields.ts'
import { zoneFileOf } from '../../zone/zone-file.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { conditionHeadersSchema, evaluateRead, formatEtag, parseConditions } from '../etag.ts'
import { notFound, setVersion } from '../objects.ts'
import { emptyResponse, problemResponses, response } from '../openapi.ts'
import { problemOfStatus, sendProblem } from '../problem.ts'
import { Streams } from '../streams.ts'

/** Adds `/v1/zones/{apex}/file`. */
export function addZoneFileRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, recordNames } = context
  const streams = new Streams()

  app.get(
    '/v1/zones/:apex/file',
    {
      schema: {
        operationId: 'getZoneFile',
        summary: 'A zone as a master file (RFC 1035 §5)',
        description: 'Without what apps answer. The serial is that which edges answer.',
        tags: ['zones'],
        params: z.strictObject({ apex: nameSchema }),
        headers: conditionHeadersSchema,
        response: {
          200: response('The zone file', z.string(), ZONE_FILE_TYPE),
          304: emptyResponse('Not modified'),
          ...problemResponses,
        },
      },
    },
    (request, reply) => {
      const { apex } = request.params
      const zone = registry.state.zones.get(apex)
      if (zone === undefined) return notFound(reply, `zone ${apex} is not registered`)
      const parsed = parseConditions(request.headers)
      if (!parsed.ok) return sendProblem(reply, problemOfStatus(400, parsed.reason))
      // Of the zone with all that is in it, where the tag of the zone itself is that of its own fields.
      const version = zone.serialVersion
      void setVersion(reply, registry.version).header('etag', formatEtag(version))
      const verdict = evaluateRead(parsed.conditions, version)
      if (verdict === 'not-modified') return reply.code(304).send()
      if (verdict === 'failed') {
        const detail = `the zone with its records is at version ${version}, If-Match wants another`
        return sendProblem(reply, problemOfStatus(412, detail))
      }
      return streams.send(reply, ZONE_FILE_TYPE, () =>
        zoneFileOf(registry.state, zone, recordNames.all()),
      )
    },
  )
}

/** RFC 4027 §3. */
const ZONE_FILE_TYPE = 'text/dns'
