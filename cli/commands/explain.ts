import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { messageOf } from '../../shared/errors.ts'
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
import { nameOperand } from '../keys.ts'
import { globalOptions, operand } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

/** How many edges are asked at the same time. */
const PARALLEL_MAX = 8

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
  const query = {
    name: nameOperand(operand(call.args, 0)),
    type: options.type,
    client: options.client,
  }
  const edges = await withProgress(call.io, 'finding edges', findEdges(client, options.edge, call))
  if (options.edge !== undefined) {
    const [edge] = edges
    if (edge === undefined) return EXIT_FAILED
    const { body, explanation } = await askEdge(edge, query)
    call.io.out(options.output === 'json' ? renderJson(body) : renderExplanation(explanation))
    return EXIT_OK
  }
  const results = await withProgress(call.io, `asking ${edges.length} edges`, askAll(edges, query))
  return report(call, edges, results, options)
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
