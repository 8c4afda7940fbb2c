import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { TTL_MAX } from '../dns/codes.ts'
import { policySchema } from './policy-schema.ts'
import { appHealthSchema } from './check-schema.ts'
import {
  countrySchema,
  labelSchema,
  latitudeSchema,
  longitudeSchema,
  nameSchema,
  regionSchema,
} from './fields.ts'
import {
  ADDRESSES_MAX,
  CLUSTERS_MAX,
  ENDPOINTS_MAX,
  NETWORKS_MAX,
  NS_MAX,
  OWNER_MAX_CHARACTERS,
  PORT_MAX,
  PRIORITY_MAX,
  TTL_LIMIT_MAX_SECONDS,
  WEIGHT_MAX,
  ZONES_MAX,
} from './limits.ts'
import { networkSchema, refuseSharedPrefixes } from './network-schema.ts'
import { rrsetSchema } from './rrset-schema.ts'
import { serviceSchema } from './service-schema.ts'

/**
 * What is registered, as it is written in manifests, REST bodies and topology files. Parsing brings
 * names, addresses and defaults into one canonical form, so that equal things compare equal.
 */

/** An IPv4 or IPv6 address; becomes its canonical text (RFC 5952). */
export const addressSchema = z
  .string()
  .meta({ description: 'IPv4 or IPv6 address', example: '192.0.2.1' })
  .transform((text, ctx) => {
    const canonical = canonicalAddress(text)
    if (canonical !== undefined) return canonical
    ctx.addIssue({ code: 'custom', message: 'is not an IPv4 or IPv6 address', input: text })
    return z.NEVER
  })

/** The canonical text (RFC 5952) of an address; undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  // The same four decimal parts that ipaddr.js takes, found in a tenth of its time.
  if (isIPv4(text)) return text
  if (!ipaddr.IPv6.isValid(text) || text.includes('%')) return undefined
  return ipaddr.IPv6.parse(text).toRFC5952String()
}

/** The id of a cluster or an edge: a DNS label in lower case. */
export const idSchema = labelSchema.meta({
  description: 'Id, a DNS label in lower case',
  example: 'sfo',
})

const addressesSchema = z
  .array(addressSchema)
  .max(ADDRESSES_MAX)
  .refine((list) => new Set(list).size === list.length, { error: 'holds an address twice' })

const ttlSchema = z.int().min(0).max(TTL_LIMIT_MAX_SECONDS)

/** States of a cluster: `draining` is used only where nothing else is left, `disabled` never. */
export const clusterStates = ['active', 'draining', 'disabled'] as const

export const clusterSchema = z.strictObject({
  id: idSchema,
  latitude: latitudeSchema,
  longitude: longitudeSchema,
  city: z.string().min(1).max(100).optional(),
  country: countrySchema.optional(),
  region: regionSchema.optional(),
  addresses: addressesSchema
    .default([])
    .meta({ description: 'Addresses of endpoints that name none of their own' }),
  capacity: z.int().min(1).max(1_000_000_000).optional(),
  state: z.enum(clusterStates).default('active'),
})

/** Seconds, as RFC 2181 §8 bounds them: a zone file may have any. */
const soaTimeSchema = z.int().min(0).max(TTL_MAX)

export const soaSchema = z.strictObject({
  mname: nameSchema
    .optional()
    .meta({ description: 'Primary name server; default the first of ns' }),
  rname: nameSchema
    .optional()
    .meta({ description: 'Mailbox as a name; default hostmaster under the apex' }),
  refresh: soaTimeSchema.default(7200),
  retry: soaTimeSchema.default(900),
  expire: soaTimeSchema.default(1_209_600),
  minimum: soaTimeSchema.default(30).meta({
    description: 'Seconds that a negative answer may be kept (RFC 2308 §5)',
  }),
  ttl: soaTimeSchema.default(3600),
})

export const zoneSchema = z
  .strictObject({
    apex: nameSchema,
    ns: z
      .array(nameSchema)
      .min(1)
      .max(NS_MAX)
      .refine((list) => new Set(list).size === list.length, { error: 'holds a name twice' }),
    nsTtl: soaTimeSchema.default(3600),
    soa: soaSchema.prefault({}),
    policy: policySchema.optional().meta({
      description: 'Policy of the apps that have none of their own; without it nearest',
    }),
  })
  .transform((zone) => ({
    ...zone,
    soa: {
      ...zone.soa,
      mname: zone.soa.mname ?? zone.ns[0] ?? zone.apex,
      rname: zone.soa.rname ?? (zone.apex === '.' ? 'hostmaster.' : `hostmaster.${zone.apex}`),
    },
  }))

/** States of an endpoint, as those of a cluster; without one it is active. */
export const endpointStates = ['draining', 'disabled'] as const

/** Another name that stands for an endpoint; the root stands for nothing. */
const targetSchema = nameSchema
  .refine((name) => name !== '.', { error: 'is the root, another name is wanted' })
  .meta({ description: 'Another name to send users to (CNAME), in place of addresses' })

/** The fields of an endpoint, each by itself. */
export const endpointFieldsSchema = z.strictObject({
  cluster: idSchema,
  addresses: addressesSchema
    .default([])
    .meta({ description: "Addresses to answer with; when empty, the cluster's own" }),
  target: targetSchema.optional(),
  port: z.int().min(1).max(PORT_MAX).optional(),
  weight: z.int().min(0).max(WEIGHT_MAX).default(100),
  priority: z.int().min(0).max(PRIORITY_MAX).default(0),
  owner: z.string().min(1).max(OWNER_MAX_CHARACTERS).optional(),
  // `active` is not to be given, so that equal endpoints compare equal.
  state: z.enum(endpointStates).optional().meta({
    description:
      'Without it active; draining is used only where nothing else is left, disabled never',
  }),
})

/** One app on one cluster: with addresses of its own, with those of the cluster, or with a target. */
export const endpointSchema = endpointFieldsSchema.superRefine(refuseTargetBesideAddresses)

/** Refuses an endpoint that is another name and has addresses too. */
export function refuseTargetBesideAddresses(
  endpoint: { readonly addresses: readonly string[]; readonly target?: string | undefined },
  ctx: z.RefinementCtx,
): void {
  const { addresses, target } = endpoint
  if (target === undefined || addresses.length === 0) return
  const message = 'is given beside addresses, one of both is wanted'
  ctx.addIssue({ code: 'custom', path: ['target'], message, input: target })
}

const ttlBoundsSchema = z
  .strictObject({ min: ttlSchema.default(5), max: ttlSchema.default(30) })
  .refine((ttl) => ttl.min <= ttl.max, { error: 'min is greater than max', path: ['min'] })
  .prefault({})
  .meta({ description: 'Seconds between which the TTL of an answer lies' })

/** An app without its endpoints. */
export const appSchema = z.strictObject({
  name: nameSchema,
  policy: policySchema.optional().meta({
    description: 'Which endpoints are answered; without it as the zone says',
  }),
  ttl: ttlBoundsSchema,
  health: appHealthSchema.optional().meta({
    description: 'How edges find out which endpoints work; without it all are taken to',
  }),
  service: serviceSchema.optional().meta({
    description: 'What clients are told beside addresses; without it only the ports, by SRV',
  }),
})

const endpointListSchema = z.array(endpointSchema).max(ENDPOINTS_MAX).default([])

/** An app with its endpoints, at most one in each cluster. */
export const appWithEndpointsSchema = appSchema
  .extend({ endpoints: endpointListSchema })
  .superRefine((app, ctx) => {
    refuseTwice(app.endpoints, (endpoint) => endpoint.cluster, ['endpoints'], 'cluster', ctx)
    app.endpoints.forEach(({ target }, i) => {
      if (target !== app.name) return
      const message = 'is the name of the app itself'
      ctx.addIssue({ code: 'custom', message, path: ['endpoints', i, 'target'], input: target })
    })
  })

/** What `meridian apply` sends: everything listed is put, in one change. */
export const manifestSchema = z
  .strictObject({
    clusters: z.array(clusterSchema).max(CLUSTERS_MAX).default([]),
    zones: z.array(zoneSchema).max(ZONES_MAX).default([]),
    networks: z.array(networkSchema).max(NETWORKS_MAX).default([]),
    records: z.array(rrsetSchema).default([]),
    apps: z.array(appWithEndpointsSchema).default([]),
  })
  .superRefine((manifest, ctx) => {
    refuseTwice(manifest.clusters, (cluster) => cluster.id, ['clusters'], 'id', ctx)
    refuseTwice(manifest.zones, (zone) => zone.apex, ['zones'], 'apex', ctx)
    refuseTwice(manifest.apps, (app) => app.name, ['apps'], 'name', ctx)
    refuseTwice(manifest.networks, (network) => network.id, ['networks'], 'id', ctx)
    refuseTwice(manifest.records, ({ name, type }) => `${name} ${type}`, ['records'], 'name', ctx)
    refuseSharedPrefixes(manifest.networks, ctx)
  })

/** A topology file: the clusters that an edge knows before it has ever met a central. */
export const topologySchema = z
  .strictObject({ clusters: z.array(clusterSchema).min(1).max(CLUSTERS_MAX) })
  .superRefine((topology, ctx) => {
    refuseTwice(topology.clusters, (cluster) => cluster.id, ['clusters'], 'id', ctx)
  })

export type Cluster = Readonly<z.output<typeof clusterSchema>>
export type Zone = Readonly<z.output<typeof zoneSchema>>
export type App = Readonly<z.output<typeof appSchema>>
export type Endpoint = Readonly<z.output<typeof endpointSchema>>
export type AppWithEndpoints = Readonly<z.output<typeof appWithEndpointsSchema>>
export type Manifest = Readonly<z.output<typeof manifestSchema>>
/** A manifest as a person writes it: defaults may be absent. */
export type ManifestInput = z.input<typeof manifestSchema>

function refuseTwice<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  path: readonly string[],
  field: string,
  ctx: z.RefinementCtx,
): void {
  const seen = new Map<string, number>()
  items.forEach((item, i) => {
    const key = keyOf(item)
    const first = seen.get(key)
    if (first === undefined) seen.set(key, i)
    else {
      const message = `is already the ${field} of ${path.join('.')}[${first}]`
      ctx.addIssue({ code: 'custom', message, path: [...path, i, field], input: key })
    }
  })
}
