import { z } from 'zod'
import type { Name } from '../../shared/dns/name.ts'
import { clusterSchema, isCanonicalEndpoint, policies } from '../../shared/registry/schema.ts'
import type { Cluster, Endpoint } from '../../shared/registry/schema.ts'
import type { NameState, ReplicaZone } from './model.ts'
import type { NameEntry } from './names.ts'

/*
 * The lines of an edge's snapshot: clusters and zones as objects; apps, of which there are up to
 * millions, as arrays, which take half of the bytes:
 *
 *   ["video.example.", version, policy, ttl.min, ttl.max, [endpoint], …]
 *   endpoint: ["sfo", weight, priority, port or 0, owner or "", address, …]
 */

const ttl = z.int().min(0)

const objectSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('cluster'), cluster: clusterSchema }),
  z.object({
    is: z.literal('zone'),
    zone: z.object({
      apex: z.string(),
      ns: z.array(z.string()),
      nsTtl: ttl,
      soa: z.object({
        mname: z.string(),
        rname: z.string(),
        refresh: ttl,
        retry: ttl,
        expire: ttl,
        minimum: ttl,
        ttl,
      }),
      serial: z.int().min(0),
    }),
  }),
])

/** What one line says. */
export type Line =
  | { readonly is: 'cluster'; readonly cluster: Cluster }
  | { readonly is: 'zone'; readonly zone: ReplicaZone }
  | { readonly is: 'app'; readonly state: NameState }

/** The line of an app; undefined for a name that has none. */
export function appLine({ name, version, app }: NameEntry): unknown {
  if (app === undefined) return undefined
  const endpoints = app.endpoints.map(({ cluster, weight, priority, port, owner, addresses }) => [
    cluster,
    weight,
    priority,
    port ?? 0,
    owner ?? '',
    ...addresses,
  ])
  return [name, version, app.policy, app.ttlMin, app.ttlMax, ...endpoints]
}

/** Reads a line; says what is wrong with one that this software did not write. */
export function parseLine(
  value: unknown,
): { readonly ok: true; readonly line: Line } | { readonly ok: false; readonly detail: string } {
  if (Array.isArray(value)) {
    const state = parseApp(value)
    if (state !== undefined) return { ok: true, line: { is: 'app', state } }
    return { ok: false, detail: `no app: ${JSON.stringify(value).slice(0, 200)}` }
  }
  const parsed = objectSchema.safeParse(value)
  if (parsed.success) return { ok: true, line: parsed.data }
  return { ok: false, detail: parsed.error.issues[0]?.message ?? '' }
}

function parseApp(values: readonly unknown[]): NameState | undefined {
  const [name, version, policyName, ttlMin, ttlMax] = values
  const policy = policies.find((known) => known === policyName)
  if (!isName(name) || !isCount(version) || policy === undefined) return undefined
  if (!isCount(ttlMin) || !isCount(ttlMax)) return undefined
  const endpoints: Endpoint[] = []
  for (let i = 5; i < values.length; i++) {
    const endpoint = parseEndpoint(values[i])
    if (endpoint === undefined) return undefined
    endpoints.push(endpoint)
  }
  return { kind: 'app', name, version, app: { policy, ttlMin, ttlMax, endpoints } }
}

/** Had been checked when it was written; its schema would take half of the time of a start. */
function parseEndpoint(values: unknown): Endpoint | undefined {
  if (!Array.isArray(values)) return undefined
  const fields: readonly unknown[] = values
  const [cluster, weight, priority, port, owner] = fields
  const endpoint = {
    cluster,
    addresses: fields.slice(5),
    weight,
    priority,
    ...(port === 0 ? {} : { port }),
    ...(owner === '' ? {} : { owner }),
  }
  return isCanonicalEndpoint(endpoint) ? endpoint : undefined
}

function isName(value: unknown): value is Name {
  return typeof value === 'string' && value.endsWith('.')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
