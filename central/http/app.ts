import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import fastifySwagger from '@fastify/swagger'
import Fastify from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Logger } from '../../shared/log.ts'
import type { HttpApp, HttpContext, RequestTypes } from './context.ts'
import { watchMethods } from './methods.ts'
import { openapiOptions } from './openapi.ts'
import { PROBLEM_TYPE, problemOfError, problemOfStatus, sendProblem } from './problem.ts'
import { watchAttempts } from './audit-hook.ts'
import { addAppRoutes } from './routes/apps.ts'
import { addAuditRoutes } from './routes/audit.ts'
import { addBetterdnsManifestRoute } from './routes/betterdns-manifest.ts'
import { addBetterdnsRoutes } from './routes/betterdns.ts'
import { addChangeRoutes } from './routes/changes.ts'
import { addClusterRoutes } from './routes/clusters.ts'
import { addEdgeRoutes } from './routes/edges.ts'
import { addEndpointRoutes } from './routes/endpoints.ts'
import { addEventRoutes } from './routes/events.ts'
import { addForcedRoutes } from './routes/forced.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addHistoryRoutes } from './routes/history.ts'
import { addLatencyRoutes } from './routes/latencies.ts'
import { addLoadRoutes } from './routes/loads.ts'
import { addLogRoutes } from './routes/log.ts'
import { addMachineRoutes } from './routes/machines.ts'
import { addMaintenanceRoutes } from './routes/maintenance.ts'
import { addNetworkRoutes } from './routes/networks.ts'
import { addRollbackRoutes } from './routes/rollbacks.ts'
import { addStateRoutes } from './routes/state.ts'
import { addRecordRoutes } from './routes/records.ts'
import { addSourceRoutes } from './routes/sources.ts'
import { addStatusRoutes } from './routes/status.ts'
import { addZoneFileRoutes } from './routes/zone-file.ts'
import { addZoneRoutes } from './routes/zones.ts'

/** Builds the Fastify instance with all routes; nothing listens yet. */
export async function createApp(
  context: HttpContext,
  logger: Logger,
  createServer: (listener: RequestListener) => Server,
): Promise<HttpApp> {
  const answerError = (err: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemOfError(err)
    if (problem.status >= 500) {
      const route = request.routeOptions.url
      logger.error({ err, requestId: request.id, method: request.method, route }, 'request failed')
    }
    sendProblem(reply, problem)
  }

  const app = Fastify({
    serverFactory: (listener) => createServer(listener),
    bodyLimit: BODY_DEFAULT_MAX_BYTES,
    // Longer than any path that the header limit lets in: a name that is too long is told why.
    routerOptions: { maxParamLength: HEADERS_MAX_BYTES },
    genReqId: requestIdOf,
    // A request that is on its way when central stops is still answered.
    return503OnClosing: false,
    frameworkErrors: (err, request, reply) => {
      void reply.header('x-request-id', request.id)
      answerError(err, request, reply)
    },
    clientErrorHandler: answerClientError,
  }).withTypeProvider<RequestTypes>()

  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const result = schema.safeParse(data, { reportInput: true })
    return result.success ? { value: result.data } : { error: result.error }
  })
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.decorateRequest('actor', '')
  app.decorateRequest('rawBody', undefined)
  watchAttempts(app, context)
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    if (!request.is404) return done()
    // RFC 9110 §9.1: 501 for a method that the server does not know.
    const isKnown = app.supportedMethods.includes(request.method)
    const path = request.url.slice(0, 200)
    const detail = isKnown ? `there is nothing at ${path}` : `${request.method} is unknown`
    sendProblem(reply, problemOfStatus(isKnown ? 404 : 501, detail))
  })
  app.setErrorHandler(answerError)

  await app.register(fastifySwagger, openapiOptions())
  const closeMethods = watchMethods(app)
  addClusterRoutes(app, context)
  addZoneRoutes(app, context)
  addRecordRoutes(app, context)
  addZoneFileRoutes(app, context)
  addBetterdnsRoutes(app, context)
  addBetterdnsManifestRoute(app, context)
  addNetworkRoutes(app, context)
  addAppRoutes(app, context)
  addEndpointRoutes(app, context)
  addChangeRoutes(app, context)
  addEventRoutes(app, context)
  addStateRoutes(app, context)
  addRollbackRoutes(app, context)
  addLogRoutes(app, context)
  addAuditRoutes(app, context)
  addEdgeRoutes(app, context)
  addHealthRoutes(app, context)
  addHistoryRoutes(app, context)
  addLatencyRoutes(app, context)
  addLoadRoutes(app, context)
  addMachineRoutes(app, context)
  addForcedRoutes(app, context)
  addMaintenanceRoutes(app, context)
  addSourceRoutes(app, context)
  addStatusRoutes(app, context)
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.send(app.swagger()),
  )
  closeMethods()
  await app.ready()
  return app
}

/** Header lines of a request, its path included. */
export const HEADERS_MAX_BYTES = 16_384

/** Body of a request, but for manifests. */
const BODY_DEFAULT_MAX_BYTES = 1024 * 1024

/** The id that the client gave, if it is short and plain; else a new one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:/+=@-]{1,128}$/.test(given) ? given : randomUUID()
}

/** Answers what is not HTTP, or too slow, or has too long headers; there is no request then. */
function answerClientError(err: Error & { readonly code?: string }, socket: Socket): void {
  if (err.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = clientErrorStatus.get(err.code ?? '') ?? 400
  const problem = problemOfStatus(status, 'the request is not HTTP that central can read')
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${status} ${problem.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const clientErrorStatus: ReadonlyMap<string, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
])
