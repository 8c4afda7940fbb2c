import { z } from 'zod'
import { cell, renderPairs, renderTable } from './output.ts'
import { shareText } from './share.ts'

/** What an edge answers at `/v1/explain`: how it came to the answer for one name. */
export const explanationSchema = z.object({
  name: z.string(),
  type: z.string(),
  edge: z.string(),
  cluster: z.string(),
  client: z
    .object({
      prefix: z.string(),
      scope: z.number(),
      place: z.record(z.string(), z.union([z.string(), z.number()])),
    })
    .optional(),
  zone: z.string().optional(),
  source: z.string(),
  version: z.number(),
  asOfEpoch: z.number().optional(),
  endpoints: z
    .array(
      z.object({
        cluster: z.string(),
        distanceKm: z.number().nullish(),
        addresses: z.array(z.string()),
        target: z.string().optional(),
        weight: z.number().optional(),
        priority: z.number().optional(),
        state: z.string().optional(),
        health: z.string().optional(),
        forced: z.boolean().optional(),
        load: z.number().optional(),
        withheldPercent: z.number().optional(),
        fallback: z.boolean().optional(),
      }),
    )
    .default([]),
  steps: z
    .array(
      z.object({
        filter: z.string(),
        kept: z.array(z.string()),
        dropped: z.array(z.object({ cluster: z.string(), reason: z.string() })),
      }),
    )
    .default([]),
  answer: z.object({
    rcode: z.string(),
    ttl: z.number(),
    ttlReason: z.string(),
    cluster: z.string().optional(),
    distanceKm: z.number().nullish(),
    clusters: z.array(z.string()).optional(),
    drawn: z.record(z.string(), z.number()).optional(),
    records: z.array(z.string()),
  }),
  stale: z.boolean(),
})

export type Explanation = Readonly<z.output<typeof explanationSchema>>

const sources: Readonly<Record<string, string>> = {
  records: 'static records of the zone',
  app: 'an app of the mesh',
  nodata: 'the name exists, but not with this type',
  nxdomain: 'the zone has no such name',
  'not-in-mesh': 'in no zone of the mesh',
  unknown: 'the edge does not know it yet',
}

/** Renders all that an edge says of a name: zone, endpoints, each step, the answer. */
export function renderExplanation(explanation: Explanation): string {
  const { name, type, edge, cluster, client, zone, source, version, asOfEpoch, answer } =
    explanation
  const head = renderPairs([
    ['name', `${name} ${type}`],
    ['edge', `${edge} in ${cluster}`],
    ...(client === undefined ? [] : [['client', clientOf(client)] as const]),
    ['zone', zone],
    ['source', `${source}: ${sources[source] ?? ''}`.replace(/: $/, '')],
    ['version', `${version}${ageOf(explanation, asOfEpoch)}`],
  ])
  const lines = [
    ...(answer.cluster === undefined
      ? []
      : [`cluster ${cell(answer.cluster)}${kmOf(answer.distanceKm, ', ')}`]),
    ...((answer.clusters?.length ?? 0) > 1 ? [`clusters ${cell(answer.clusters)}`] : []),
    ...Object.entries(answer.drawn ?? {}).map(
      ([cluster, percent]) => `${cell(cluster)} for ${percent} % of queries`,
    ),
    ...(answer.records.length === 0 ? ['no records'] : answer.records.map(cell)),
  ]
  const end = [
    `answer: ${cell(answer.rcode)}, ttl ${answer.ttl} (${cell(answer.ttlReason)})`,
    ...lines.map(indent),
  ]
  return [head, renderEndpoints(explanation), renderSteps(explanation), `${end.join('\n')}\n`]
    .filter((block) => block !== '')
    .join('\n')
}

function renderEndpoints({ endpoints }: Explanation): string {
  if (endpoints.length === 0) return ''
  return renderTable(
    [
      { title: 'endpoint', of: (endpoint) => endpoint.cluster },
      { title: 'distance', of: (endpoint) => kmOf(endpoint.distanceKm), align: 'right' },
      { title: 'state', of: (endpoint) => endpoint.state },
      { title: 'health', of: ({ health, forced }) => (forced ? `${health}, forced` : health) },
      { title: 'priority', of: (endpoint) => endpoint.priority, align: 'right' },
      { title: 'weight', of: (endpoint) => endpoint.weight, align: 'right' },
      ...(endpoints.some((endpoint) => shareText(endpoint) !== undefined)
        ? [{ title: 'share', of: shareText }]
        : []),
      { title: 'addresses', of: ({ addresses, target }) => target ?? addresses },
    ],
    endpoints,
  )
}

function renderSteps({ steps }: Explanation): string {
  const blocks = steps.map(({ filter, kept, dropped }, i) => {
    const lines = [
      `step ${i + 1}: ${cell(filter)}`,
      indent(`kept     ${cell(kept)}`),
      ...dropped.map(({ cluster, reason }) => indent(`dropped  ${cell(cluster)}: ${cell(reason)}`)),
    ]
    return `${lines.join('\n')}\n`
  })
  return blocks.join('\n')
}

/** Renders a short block: where one edge sends users of the name. */
export function renderShort({ edge, cluster, source, answer, stale }: Explanation): string {
  const isAnswered = answer.cluster !== undefined
  const choice = isAnswered
    ? `${cell(answer.cluster)}${kmOf(answer.distanceKm, ', ')}`
    : cell(source)
  const head = `${cell(edge)} in ${cell(cluster)}: ${choice}${stale ? ', stale' : ''}`
  const records = answer.records.length === 0 ? [cell(answer.rcode)] : answer.records.map(cell)
  return `${[head, ...records.map(indent)].join('\n')}\n`
}

function kmOf(distanceKm: number | null | undefined, before = ''): string {
  if (distanceKm === undefined || distanceKm === null) return ''
  return `${before}${distanceKm.toFixed(distanceKm < 10 ? 1 : 0)} km`
}

function clientOf({ prefix, scope, place }: NonNullable<Explanation['client']>): string {
  const known = Object.entries(place).map(([what, value]) => `${what} ${value}`)
  const where = known.length === 0 ? 'nothing is known of it' : known.join(', ')
  return `${prefix}: ${where}; the same for all of its /${scope}`
}

function ageOf({ stale }: Explanation, asOfEpoch: number | undefined): string {
  const isTime = asOfEpoch !== undefined && Math.abs(asOfEpoch) <= 8_640_000_000_000_000
  const time = isTime ? `, as of ${new Date(asOfEpoch).toISOString()}` : ''
  return stale ? `${time}, stale: the edge has lost central` : time
}

function indent(line: string): string {
  return `  ${line}`
}
