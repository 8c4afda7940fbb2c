import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import { oneLine } from '../../shared/config/mistakes.ts'
import type { Call } from '../call.ts'
import { RestClient, type Request } from '../client.ts'
import { findEdges, type EdgeAddress } from '../edges.ts'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import {
  explanationSchema,
  renderExplanation,
  renderShort,
  type Explanation,
} from '../explanation.ts'
import { findingSchema, renderFindings, withFindings, type Finding } from '../findings.ts'
import { nameOperand, pathOf } from '../keys.ts'
import { globalOptions, operand } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

/** How many edges are asked at the same time. */
const PARALLEL_MAX = 8
/** What central adds is not waited for longer. */
const FINDINGS_DEADLINE_MS = 3_000
/** Endpoints of which it is shown who reports what of them. */
const FINDINGS_MAX = 1_000

const findingsSchema = z.object({ items: z.array(findingSchema) })

const explainOptions = z.object({
  ...globalOptions,
  edge: z.string().min(1).optional(),
  type: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,15}$/, { error: 'is not a record type such as A or AAAA' })
    .transform((type) => type.toUpperCase()),
  client: z
    .string()
    .refine((text) => ipaddr.isValidCIDR(text), { error: 'is not a prefix such as 192.0.2.0/24' })
    .optional(),
  at: z.string().min(1).optional(),
})

type Query = NonNullable<Request['query']>

/** What one edge answered: the body as it came for JSON, the checked form for people. */
interface Reply {
  readonly body: unknown
  readonly explanation: Explanation
}

/** `meridian explain NAME`: asks one edge, or all of them, how they answer a name. */
export async function explain(call: Call): Promise<number> {
  const { options, client } = openSession(explainOptions, call)
  const name = nameOperand(operand(call.args, 0))
  if (options.at !== undefined) {
    const { explainPast } = await import('./explain-past.ts')
    return explainPast(call, client, { ...options, name, at: options.at })
  }
  const query = { name, type: options.type, client: options.client }
  const edges = await withProgress(call.io, 'finding edges', findEdges(client, options.edge, call))
  if (options.edge !== undefined) {
    const [edge] = edges
    if (edge === undefined) return EXIT_FAILED
    const { body, explanation } = await askEdge(edge, query)
    const findings = await findingsOf(call, client, explanation)
    call.io.out(
      options.output === 'json'
        ? renderJson(withHealth(body, findings))
        : blocks(
            renderExplanation(withFindings(explanation, findings ?? [])),
            renderFindings(findings ?? []),
          ),
    )
    return EXIT_OK
  }
  const results = await withProgress(call.io, `asking ${edges.length} edges`, askAll(edges, query))
  return report(call, edges, results, options)
}

/**
 * What central knows of the health of an app, which edges do not: since when, and who reports it.
 * Undefined where central cannot be asked, which is said; the explanation of the edge stands by itself.
 */
async function findingsOf(
  call: Call,
  client: RestClient,
  { name, source }: Explanation,
): Promise<readonly Finding[] | undefined> {
  if (source !== 'app') return []
  const request: Request = { method: 'GET', path: pathOf('apps', name, 'health') }
  try {
    const query = { limit: FINDINGS_MAX }
    const answer = await client.send({ ...request, query, deadlineMs: FINDINGS_DEADLINE_MS })
    // It went a moment ago.
    if (answer.status === 404) return []
    if (answer.status !== 200) throw client.refusal(request, answer)
    return client.read(findingsSchema, request, answer).items
  } catch (err) {
    if (!(err instanceof MeridianError)) throw err
    call.io.err(`since when and by whose reports is not known: ${oneLine(err.message)}\n`)
    return undefined
  }
}

function withHealth(body: unknown, health: readonly Finding[] | undefined): unknown {
  const isObject = typeof body === 'object' && body !== null
  return isObject && health !== undefined ? { ...body, health } : body
}

function blocks(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n')
}

function report(
  call: Call,
  edges: readonly EdgeAddress[],
  results: readonly PromiseSettledResult<Reply>[],
  { output }: { output: 'table' | 'json' },
): number {
  const replies = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (output === 'json') call.io.out(renderJson({ items: replies.map(({ body }) => body) }))
  else call.io.out(replies.map(({ explanation }) => renderShort(explanation)).join('\n'))
  if (edges.length === 0) call.io.err('error: no edge is connected that could be asked\n')
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') return
    call.io.err(`error: ${edges[i]?.id}: ${oneLine(messageOf(result.reason))}\n`)
  })
  return edges.length > 0 && replies.length === edges.length ? EXIT_OK : EXIT_FAILED
}

async function askAll(
  edges: readonly EdgeAddress[],
  query: Query,
): Promise<readonly PromiseSettledResult<Reply>[]> {
  const results: PromiseSettledResult<Reply>[] = []
  for (let i = 0; i < edges.length; i += PARALLEL_MAX) {
    const group = edges.slice(i, i + PARALLEL_MAX)
    results.push(...(await Promise.allSettled(group.map(async (edge) => askEdge(edge, query)))))
  }
  return results
}

async function askEdge(edge: EdgeAddress, query: Query): Promise<Reply> {
  // Without a token: that of central is none of the edge's business.
  const client = new RestClient({ url: edge.adminUrl, from: `edge ${edge.id}` }, 'edge')
  const request: Request = { method: 'GET', path: '/v1/explain', query }
  const answer = await client.expect(request)
  return { body: answer.body, explanation: client.read(explanationSchema, request, answer) }
}
