import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuditStore } from '../audit/audit-store.ts'
import { STATUS_REFUSED } from '../audit/attempt.ts'
import { redact } from '../audit/redact.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Registry } from '../registry/registry.ts'
import type { HttpApp } from './context.ts'
import { UNKNOWN_KEY } from './problem.ts'
import type { Problem } from './problem.ts'
import { bareAddress } from '../machines/remote-address.ts'

/** Wrong values of a body that one attempt names. */
const ERRORS_SHOWN = 5

/**
 * Keeps every attempt to change something: refused ones whole, of accepted ones where they came from. It
 * sees answers only, so that a route cannot forget it.
 */
export function watchAttempts(
  app: HttpApp,
  parts: {
    readonly audit: AuditStore
    readonly registry: Pick<Registry, 'version'>
    readonly clock: Clock
  },
): void {
  const { audit, registry, clock } = parts
  app.decorateRequest('versionMet', 0)
  app.decorateReply('problem', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    request.versionMet = registry.version
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const version = placeOf(request, reply)
    if (version !== undefined) {
      audit.note({
        atEpoch: clock.epochMs(),
        version,
        actor: request.actor,
        origin: bareAddress(request.socket.remoteAddress ?? ''),
        cause: request.id,
        method: request.method,
        path: request.url.replace(/\?.*$/s, ''),
        status: reply.statusCode,
        code: reply.problem?.code ?? '',
        detail: reply.problem === undefined ? '' : detailOf(reply.problem),
      })
    }
    done()
  })
}

/** The place of an attempt among the versions; undefined when nothing was attempted or came of it. */
function placeOf(request: FastifyRequest, reply: FastifyReply): number | undefined {
  const { statusCode } = reply
  if (statusCode === 401 || statusCode === 403) return request.versionMet
  if (readingMethods.has(request.method) || request.is404 || statusCode === 405) return undefined
  // A report or a renewal is no change, whatever comes of it, and there are many.
  if (reportRoutes.test(request.routeOptions.url ?? '')) return undefined
  if (statusCode >= STATUS_REFUSED) return request.versionMet
  const version = Number(reply.getHeader('meridian-version'))
  return version > request.versionMet ? version : undefined
}

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
const reportRoutes = /^\/v1\/(renewals|loads)(\/|$)/

/** Why it was refused. Of a body that is wrong only the places: its values may be secrets. */
function detailOf({ status, code, detail, title, errors = [] }: Problem): string {
  if (errors.length > 0) {
    const places = errors.slice(0, ERRORS_SHOWN).map(placeOfError)
    return `${title}: ${places.join(', ')}${errors.length > ERRORS_SHOWN ? ', …' : ''}`
  }
  const isOurs = code !== undefined || status === 401 || status === 412 || status === 503
  return isOurs ? String(redact(detail)) : title
}

type FieldError = NonNullable<Problem['errors']>[number]

/** Where a value is wrong. A key that is not known is not told: it may be what somebody has pasted. */
function placeOfError({ in: where, path, detail }: FieldError): string {
  return where + (detail === UNKNOWN_KEY ? path.replace(/[^/]*$/, '…') : path)
}
