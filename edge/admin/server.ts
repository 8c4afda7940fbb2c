import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Registry as MetricRegistry } from 'prom-client'
import { typeNumber } from '../../shared/dns/codes.ts'
import { parseName } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Startable } from '../../shared/startable.ts'
import { isLoopback } from '../../shared/tls.ts'
import { parsePrefix } from '../../shared/geo/prefix.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import type { Explanation } from '../steer/explain.ts'
import type { AdminOptions } from './options.ts'
import type { Readiness } from './readiness.ts'

export interface AdminServerOptions {
  readonly admin: AdminOptions
  readonly readiness: Readiness
  readonly metrics: MetricRegistry
  readonly explain: (name: Name, qtype: number, client?: Prefix) => Promise<Explanation>
}

/** Health, readiness, metrics, explain and drain of an edge. */
export class AdminServer implements Startable {
  readonly #options: AdminServerOptions
  readonly #app: FastifyInstance

  constructor(options: AdminServerOptions) {
    this.#options = options
    this.#app = fastify({ bodyLimit: 1024, requestTimeout: 10_000, forceCloseConnections: true })
    this.#route(this.#app)
  }

  /** Where others reach it. */
  get url(): string {
    const { admin } = this.#options
    if (admin.url !== undefined) return admin.url
    const { address, port } = this.address()
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
  }

  address(): { readonly address: string; readonly port: number } {
    const bound = this.#app.server.address()
    return typeof bound === 'object' && bound !== null ? bound : this.#options.admin.listen
  }

  /** Throws MERIDIAN_LISTEN_FAILED. */
  async start(): Promise<void> {
    const { address, port } = this.#options.admin.listen
    try {
      await this.#app.listen({ host: address, port })
    } catch (err) {
      const message = `admin.listen: ${address}:${port} cannot be listened on: ${messageOf(err)}`
      throw new MeridianError('MERIDIAN_LISTEN_FAILED', message, { cause: err })
    }
  }

  async stop(): Promise<void> {
    await this.#app.close()
  }

  #route(app: FastifyInstance): void {
    const { readiness, metrics, explain } = this.#options
    app.get('/health', () => ({ status: 'ok' }))
    app.get('/ready', async (_request, reply) => {
      const report = readiness.report()
      return reply.code(report.ready ? 200 : 503).send(report)
    })
    app.get('/metrics', async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.metrics()),
    )
    app.get<{ Querystring: Record<string, unknown> }>('/v1/explain', async (request, reply) => {
      const { name, type = 'A', client } = request.query
      const problem = (path: string, value: unknown, detail: string) =>
        reply
          .code(422)
          .type('application/problem+json')
          .send({
            type: 'about:blank',
            title: 'Unprocessable Content',
            status: 422,
            detail: `${path} ${detail}`,
            errors: [{ path, value: value ?? null, detail }],
          })
      if (typeof name !== 'string')
        return problem('name', name, 'is missing, a domain name is wanted')
      const parsed = parseName(name)
      if (!parsed.ok) return problem('name', name, parsed.reason)
      const qtype = typeof type === 'string' ? typeNumber(type) : undefined
      if (qtype === undefined) return problem('type', type, 'is not a type such as A or AAAA')
      if (client === undefined) return explain(parsed.name, qtype)
      const prefix = typeof client === 'string' ? parsePrefix(client) : undefined
      if (prefix?.ok !== true) {
        return problem('client', client, prefix?.reason ?? 'is not a prefix such as 192.0.2.0/24')
      }
      return explain(parsed.name, qtype, prefix.prefix)
    })
    app.get('/v1/drain', () => ({ draining: readiness.isDraining }))
    for (const [method, isDraining] of [
      ['PUT', true],
      ['DELETE', false],
    ] as const) {
      app.route({
        method,
        url: '/v1/drain',
        handler: async (request, reply) => {
          // There are no accounts on an edge: whoever is on the machine may drain it.
          if (!isLoopback(request.ip)) {
            return reply
              .code(403)
              .type('application/problem+json')
              .send({
                type: 'about:blank',
                title: 'Forbidden',
                status: 403,
                detail: `${request.ip} may not drain this edge, only its own machine may`,
              })
          }
          readiness.isDraining = isDraining
          return { draining: isDraining }
        },
      })
    }
  }
}
