import { z } from 'zod'
import { continentCodes } from '../geo/continents.ts'
import { countrySchema, labelSchema, regionSchema } from './fields.ts'
import {
  LOAD_MAX_PERCENT,
  POLICY_CLUSTERS_MAX,
  POLICY_FILTERS_MAX,
  POLICY_RULES_MAX,
} from './limits.ts'

/**
 * A policy says which endpoints of an app are answered: an ordered list of filters. Ready-made ones have a
 * name; any other is written down with the app.
 */

/** Names of policies that are ready-made. */
export const readyPolicies = [
  'nearest',
  'nearest-client',
  'failover',
  'weighted',
  'latency',
] as const

/** Filters that have nothing to set, by their name alone. */
const plainFilters = [
  'healthy',
  'not-draining',
  'own-cluster-first',
  'nearest',
  'latency',
  'failover',
  'heaviest',
] as const

/** Ways in which distance takes from a weight. */
const distanceCurves = ['linear', 'quadratic', 'logarithmic', 'stepped'] as const

/** The name of one. */
export type DistanceCurve = (typeof distanceCurves)[number]

const clusterId = z.string().min(1).max(63)
const clusterList = z.array(clusterId).max(POLICY_CLUSTERS_MAX)
const rulesBy = (key: z.ZodType<string, string>) =>
  z
    .record(key, clusterList)
    .refine((all) => Object.keys(all).length <= POLICY_RULES_MAX, {
      error: `has more than ${POLICY_RULES_MAX} rules`,
    })
    .meta({ description: 'Clusters to answer with, by where the question comes from' })
const from = z.enum(['edge', 'client']).optional().meta({
  description: 'Whose place counts; without it that of the edge',
})
const continentRules = rulesBy(
  z.string().refine((code) => continentCodes.some((known) => known === code), {
    error: `is none of ${continentCodes.join(', ')}`,
  }),
)
const asnRules = rulesBy(
  z.string().regex(/^[1-9]\d{0,9}$/, { error: 'is not the number of an autonomous system' }),
)
const defaultRule = clusterList
  .optional()
  .meta({ description: 'Clusters where no rule fits; without it all of them' })
const km = z.number().min(0).max(20_040)
const count = z.int().min(1).max(8)
const watermark = z.int().min(0).max(LOAD_MAX_PERCENT)

const filterSchema = z.union([
  z.enum(plainFilters),
  z.discriminatedUnion('filter', [
    z.strictObject({
      filter: z.literal('bias'),
      clusters: z
        .record(clusterId, z.int().min(-99).max(99))
        .refine((all) => Object.keys(all).length <= POLICY_CLUSTERS_MAX, {
          error: `has more than ${POLICY_CLUSTERS_MAX} clusters`,
        })
        .meta({
          description: 'Percent by which a cluster is taken to be nearer, or (below 0) farther',
        }),
    }),
    z.strictObject({ filter: z.literal('nearest'), from }),
    z.strictObject({ filter: z.literal('max-distance'), km, from }),
    z.strictObject({
      filter: z.literal('country'),
      rules: rulesBy(countrySchema),
      default: defaultRule,
      from,
    }),
    z.strictObject({
      filter: z.literal('region'),
      rules: rulesBy(regionSchema),
      default: defaultRule,
      from,
    }),
    z.strictObject({
      filter: z.literal('continent'),
      rules: continentRules,
      default: defaultRule,
      from,
    }),
    z.strictObject({ filter: z.literal('asn'), rules: asnRules, default: defaultRule }),
    z.strictObject({
      filter: z.literal('network'),
      rules: rulesBy(labelSchema),
      default: defaultRule,
    }),
    z.strictObject({ filter: z.literal('first'), count }),
    z.strictObject({ filter: z.literal('spread'), km, count: count.default(8), from }),
    z.strictObject({
      filter: z.literal('weighted'),
      km: km.optional(),
      curve: z.enum(distanceCurves).optional(),
      from,
      sticky: z.boolean().optional().meta({
        description: 'Whether a client gets the same answer each time, as long as it is there',
      }),
    }),
    z
      .strictObject({
        filter: z.literal('shed-load'),
        low: watermark.meta({ description: 'Percent of load up to which nothing is shed' }),
        high: watermark.meta({ description: 'Percent of load from which on all is shed' }),
      })
      .refine(({ low, high }) => low < high, {
        error: 'is not greater than low',
        path: ['high'],
      }),
  ]),
])

/** One filter of a policy. */
export type Filter = z.output<typeof filterSchema>

/** What a filter is called. */
export function filterName(filter: Filter): string {
  return typeof filter === 'string' ? filter : filter.filter
}

/** A policy that is written down. */
const ownPolicySchema = z
  .array(filterSchema)
  .min(1)
  .max(POLICY_FILTERS_MAX)
  .superRefine((filters, ctx) => {
    const names = filters.map(filterName)
    names.forEach((name, i) => {
      const refuse = (message: string): void =>
        ctx.addIssue({ code: 'custom', message, path: [i], input: name })
      if (names.indexOf(name) !== i) refuse(`${name} stands in the list already`)
      const isLast = i === names.length - 1
      if (ends.has(name) && !isLast) refuse(`${name} has to be the last`)
      const order = names.slice(0, i).find((earlier) => orders.has(earlier))
      if (gates.has(name) && order !== undefined) {
        refuse(`${name} has to stand before ${order}, after which it has no choice left`)
      }
      if (name === 'bias' && !names.slice(i).some((later) => usesDistance.has(later))) {
        refuse('bias changes nothing here: nearest, spread or weighted has to come after it')
      }
    })
  })

/** Filters of which only the best are answered, also where several are. */
const gates = new Set(['healthy', 'not-draining', 'failover'])
/** Filters that order what is left. */
const orders = new Set(['own-cluster-first', 'nearest', 'latency', 'heaviest'])
/** Filters after which nothing is left to do. */
const ends = new Set(['first', 'spread', 'weighted', 'shed-load'])
const usesDistance = new Set(['nearest', 'spread', 'weighted'])

/** The policy of apps without one, in zones without one. */
export const DEFAULT_POLICY = 'nearest'

/** A policy. */
export const policySchema = z.union([z.enum(readyPolicies), ownPolicySchema]).meta({
  description: 'A ready-made policy, or a list of filters; see docs/reference/manifest.md',
})

/** A policy: the name of a ready-made one, or filters. */
export type Policy = z.output<typeof policySchema>

/** A policy as text, the same for the same policy: what edges are told. */
export function policyText(policy: Policy): string {
  return typeof policy === 'string' ? policy : JSON.stringify(policy)
}

/** A policy out of its text; what is wrong with one that it is not. */
export function parsePolicy(
  text: string,
):
  { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly reason: string } {
  const ready = readyPolicies.find((name) => name === text)
  if (ready !== undefined) return { ok: true, policy: ready }
  if (!text.startsWith('[')) return { ok: false, reason: `is none of ${readyPolicies.join(', ')}` }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'is not JSON' }
  }
  const parsed = ownPolicySchema.safeParse(value)
  if (parsed.success) return { ok: true, policy: parsed.data }
  const [issue] = parsed.error.issues
  return {
    ok: false,
    reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no policy'}`,
  }
}
