import { z } from 'zod'
import { stateHash } from '../../model/state-hash.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { setVersion } from '../objects.ts'
import { getResponses, problemResponses, response } from '../openapi.ts'
import { problemOfStatus, sendProblem } from '../problem.ts'
import { versionSchema } from '../views.ts'
import { waitSecondsSchema } from '../wait.ts'

const tags = ['status']

const statusSchema = z
  .strictObject({
    version: versionSchema,
    logId: z.string().meta({ description: 'Identity of the log that versions belong to' }),
    hash: z.string().meta({ description: 'Hash of the history that led to the version' }),
    stateHash: z
      .string()
      .optional()
      .meta({ description: 'Hash of the state; only with hash=true' }),
    clusters: z.int(),
    zones: z.int(),
    networks: z.int(),
    apps: z.int(),
    endpoints: z.int(),
    edges: z.int().meta({ description: 'Edges that are connected now' }),
    software: z.string(),
  })
  .meta({ id: 'Status' })

const statusQuerySchema = z.strictObject({
  hash: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Also hash the whole state' }),
})

const versionServedSchema = z.strictObject({
  version: versionSchema,
  edges: z.int(),
  served: z.int(),
})

const readySchema = z.looseObject({ ready: z.boolean() })

/** Adds `/v1/status`, `/v1/versions` and what probes and Prometheus ask for. */
export function addStatusRoutes(app: HttpApp, context: HttpContext): void {
  const { registry } = context
  let hashed: { readonly version: number; readonly hash: string } | undefined

  app.get(
    '/v1/status',
    {
      schema: {
        operationId: 'getStatus',
        summary: 'What central has, and at which version',
        tags,
        querystring: statusQuerySchema,
        response: getResponses('The status', statusSchema),
      },
    },
    (request, reply) => {
      const { version, state } = registry
      // Hashing a million apps takes seconds; once for each version is enough.
      if (request.query.hash === 'true' && hashed?.version !== version) {
        hashed = { version, hash: stateHash(state) }
      }
      let endpoints = 0
      for (const count of state.clusterUse.values()) endpoints += count
      return setVersion(reply, version).send({
        version,
        logId: registry.logId,
        hash: registry.logHash,
        ...(request.query.hash === 'true' ? { stateHash: hashed?.hash } : {}),
        clusters: state.clusters.size,
        zones: state.zones.size,
        networks: state.networks.size,
        apps: state.apps.size,
        endpoints,
        edges: context.edges.size,
        software: context.software,
      })
    },
  )

  app.get(
    '/v1/versions/:version',
    {
      schema: {
        operationId: 'waitForVersion',
        summary: 'Wait until every connected edge serves a version',
        tags,
        params: z.strictObject({ version: z.coerce.number().int().min(0) }),
        querystring: z.strictObject({ waitSeconds: waitSecondsSchema }),
        response: getResponses('All of them do', versionServedSchema),
      },
    },
    async (request, reply) => {
      const { version } = request.params
      const { waitSeconds } = request.query
      const { exists, edges, served } = await context.waits.forVersion(version, waitSeconds)
      void setVersion(reply, registry.version)
      if (exists && served === edges) return reply.send({ version, edges, served })
      const detail = exists
        ? `${served} of ${edges} edges serve version ${version} after ${waitSeconds} s`
        : `central is at version ${registry.version}, ${version} did not come in ${waitSeconds} s`
      return sendProblem(reply, { ...problemOfStatus(504, detail), edges, served })
    },
  )

  app.get(
    '/health',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Answers while the process lives',
        tags,
        response: getResponses('It lives', z.strictObject({ status: z.literal('ok') })),
      },
    },
    (_request, reply) => reply.send({ status: 'ok' }),
  )

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'getReady',
        summary: 'Whether central can do its work',
        tags,
        response: {
          ...problemResponses,
          200: response('It can', readySchema),
          503: response('It cannot', readySchema),
        },
      },
    },
    (_request, reply) => {
      const report = context.ready()
      return reply.code(report.ready ? 200 : 503).send(report)
    },
  )

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Metrics in the text format of Prometheus',
        tags,
        response: {
          ...problemResponses,
          200: response('All metrics', z.string(), 'text/plain'),
        },
      },
    },
    async (_request, reply) => {
      const { contentType, body } = await context.metrics()
      return reply.header('content-type', contentType).send(body)
    },
  )
}
