import { z } from 'zod'
import { parsePrefix, prefixText } from '../../shared/geo/prefix.ts'
import { typeNumber } from '../../shared/dns/codes.ts'
import { MeridianError } from '../../shared/errors.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { networkFieldsSchema } from '../../shared/registry/network-schema.ts'
import { policySchema, policyText } from '../../shared/registry/policy-schema.ts'
import { nameSchema } from '../../shared/registry/fields.ts'
import { clusterSchema, clusterStates, endpointFieldsSchema } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import type { Call } from '../call.ts'
import type { Request, RestClient } from '../client.ts'
import { explanationSchema, renderExplanation, renderShort } from '../explanation.ts'
import { usageError } from '../failure.ts'
import { findingSchema, renderFindings, withFindings } from '../findings.ts'
import type { Finding } from '../findings.ts'
import { idOperand, pathOf } from '../keys.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { readAll } from '../simulate/present.ts'
import { loadEngine } from '../simulate/engine.ts'
import type { ClientPlace, ToldApp } from '../simulate/engine.ts'
import { placeOfNetwork } from '../simulate/network-table.ts'

/** Central folds its log for this: a million events take it about 10 s. */
const HISTORY_DEADLINE_MS = 60_000

/** What is asked about the past. */
export interface PastQuestion {
  readonly name: string
  readonly at: string
  readonly type: string
  /** An edge that is connected now, or a cluster of then; without one all edges of now. */
  readonly edge?: string | undefined
  readonly client?: string | undefined
  readonly output: 'table' | 'json'
}

const toldEndpoint = endpointFieldsSchema
  .extend({
    state: z.enum(clusterStates),
    health: z.enum(healthStates),
    sinceEpoch: z.number().optional(),
    reports: findingSchema.shape.reports,
    forced: findingSchema.shape.forced,
    load: z.number().optional(),
    withheldPercent: z.number().optional(),
    fallback: z.literal(true).optional(),
  })
  .strip()

// Central may show more than this command knows of: what it does not know is left out.
const historySchema = z.object({
  version: z.int(),
  atEpoch: z.number(),
  app: z.object({
    name: nameSchema,
    policy: policySchema,
    ttl: z.object({ min: z.int(), max: z.int() }),
    enoughUpPercent: z.int(),
    failClosed: z.boolean(),
    trustMs: z.number(),
    endpoints: z.array(toldEndpoint),
    service: serviceSchema.optional(),
    changesAtEpoch: z.number().optional(),
  }),
  zone: z.object({ apex: nameSchema, negativeTtl: z.int() }).optional(),
  clusters: z.array(
    clusterSchema
      .extend({ changesAtEpoch: z.number().optional() })
      .strip()
      .transform(({ changesAtEpoch, ...cluster }) => ({
        ...cluster,
        ...foreseenOf(changesAtEpoch),
      })),
  ),
  network: networkFieldsSchema.strip().optional(),
})

type History = z.output<typeof historySchema>

/** `meridian explain NAME --at …`: how edges would have answered by what central told them then. */
export async function explainPast(
  call: Call,
  client: RestClient,
  question: PastQuestion,
): Promise<number> {
  const { io } = call
  const { name, at, output } = question
  const qtype = typeNumber(question.type)
  if (qtype === undefined) throw usageError(`--type: ${question.type} is not known`)
  if (question.edge?.includes('://') === true) {
    throw usageError('--edge: with --at it is an id, for central is asked and not the edge')
  }
  const id = question.edge === undefined ? undefined : idOperand(question.edge)
  const prefix = question.client === undefined ? undefined : prefixOf(question.client)
  const path = pathOf('history', name)
  const query = { at, client: prefix }
  const request: Request = { method: 'GET', path, query, deadlineMs: HISTORY_DEADLINE_MS }
  const work = client.expect(request)
  const history = client.read(historySchema, request, await withProgress(io, 'reading', work))
  const { version, atEpoch, clusters, zone, network } = history
  if (zone === undefined) throw failed(`${name} lay in no zone of the mesh then`)
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]))
  const edges = await edgesOf(client, id, byId)
  const { ImaginedEdge } = await loadEngine()
  const app = toldOf(history)
  // What an mmdb file said then, and what round trips were, nobody has written down.
  if (app.policy.includes('latency')) io.err('round trips of then are not known: by distance\n')
  const place = network === undefined ? {} : placeOfNetwork(network, byId)
  const located = prefix === undefined ? {} : { client: clientOf(prefix, place) }
  const findings = findingsOf(history)
  // Of a time the last version before it is looked at: what was foreseen had come nearer since.
  const epochMs = /^\d+$/.test(at) ? atEpoch : Date.parse(at)
  const explanations = edges.map(({ id: edge, own }) => ({
    ...new ImaginedEdge({ own, clusters, epochMs }).explain({
      edge,
      name,
      qtype,
      app,
      version,
      zone,
      ...located,
    }),
    asOfEpoch: atEpoch,
  }))
  if (output === 'json') {
    const items = explanations.map((explanation) => ({ ...explanation, health: findings }))
    io.out(renderJson(id === undefined ? { items } : items[0]))
    return EXIT_OK
  }
  const texts = explanations.map((explanation) => {
    const shown = withFindings(explanationSchema.parse(explanation), findings)
    return id === undefined ? renderShort(shown) : renderExplanation(shown)
  })
  if (id === undefined) io.out(`version ${version}, as of ${new Date(atEpoch).toISOString()}\n\n`)
  io.out([...texts, renderFindings(findings)].filter((text) => text !== '').join('\n'))
  return EXIT_OK
}

/** The edges whose answers are imagined, with their own clusters as these were. */
async function edgesOf(
  client: RestClient,
  id: string | undefined,
  clusters: ReadonlyMap<string, Cluster>,
): Promise<readonly { readonly id: string; readonly own: Cluster }[]> {
  const view = z.object({ id: z.string(), cluster: z.string() })
  const edges = readAll(view, 'edges', await client.list(pathOf('edges')))
  if (id === undefined) {
    const found = edges.flatMap(({ id, cluster }) => {
      const own = clusters.get(cluster)
      return own === undefined ? [] : [{ id, own }]
    })
    if (found.length > 0) return found
    throw failed('no edge is connected whose cluster was there then; name a cluster by --edge')
  }
  const at = edges.find((edge) => edge.id === id)?.cluster ?? id
  const own = clusters.get(at)
  if (own === undefined) {
    throw failed(`${id} is neither an edge that is connected now nor a cluster of then`)
  }
  return [{ id, own }]
}

function toldOf({ app }: History): ToldApp {
  const { policy, ttl, enoughUpPercent, failClosed, trustMs, service, changesAtEpoch } = app
  return {
    policy: policyText(policy),
    ttlMin: ttl.min,
    ttlMax: ttl.max,
    service,
    endpoints: app.endpoints.map(({ state, health, forced, ...endpoint }) => {
      const { sinceEpoch: _since, reports: _reports, load, fallback, ...rest } = endpoint
      const { withheldPercent, ...told } = rest
      return {
        ...told,
        ...(state === 'active' ? {} : { state }),
        ...(health === 'unknown' ? {} : { health }),
        ...(forced === undefined ? {} : { forced: true as const }),
        ...(load === undefined ? {} : { load }),
        ...(withheldPercent === undefined ? {} : { withheld: withheldPercent }),
        ...(fallback === undefined ? {} : { fallback }),
      }
    }),
    health: trustMs === 0 ? undefined : { enoughUpPercent, failClosed, trustMs },
    ...foreseenOf(changesAtEpoch),
  }
}

function foreseenOf(changesAt: number | undefined): { readonly changesAt?: number } {
  return changesAt === undefined ? {} : { changesAt }
}

function findingsOf({ app }: History): readonly Finding[] {
  return app.endpoints.flatMap(({ cluster, health, sinceEpoch, reports, forced }) =>
    health === 'unknown' && reports.length === 0
      ? []
      : // What an operator wants is so since it was forced, whatever was found out when.
        [{ cluster, state: health, ...(forced ? { forced } : { sinceEpoch }), reports }],
  )
}

/** Scope: of what is registered only; an mmdb file of then may have said more. */
function clientOf(prefix: string, place: ClientPlace) {
  return { prefix, scope: Number(prefix.split('/')[1]), place }
}

function prefixOf(text: string): string {
  const parsed = parsePrefix(text)
  if (parsed.ok) return prefixText(parsed.prefix)
  throw usageError(`--client: ${JSON.stringify(text)} ${parsed.reason}`)
}

function failed(message: string): MeridianError {
  return new MeridianError('MERIDIAN_REQUEST_FAILED', message)
}
