import { z } from 'zod'
import type { Name } from '../../shared/dns/name.ts'
import { isPolicyText } from './policy-text.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { clusterSchema, clusterStates, isCanonicalEndpoint } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { NameState, ReplicaEndpoint, ReplicaHealth, ReplicaZone } from './model.ts'
import type { NameEntry } from './names.ts'

/*
 * The lines of an edge's snapshot: clusters and zones as objects; apps, of which there are up to
 * millions, as arrays, which take half of the bytes:
 *
 *   ["video.example.", version, policy, ttl.min, ttl.max, health, [endpoint], …]
 *   health: 0, or [enoughUpPercent, 1 for fail-closed or 0, trustMs]
 *   endpoint: ["sfo", weight, priority, port or 0, owner or "", index into healthStates (+ 4 where
 *              an operator has forced it), index into clusterStates, address, …]
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

/** What stands over the index of a health that was forced. */
export const FORCED_FROM = healthStates.length

/** What one line says. */
export type Line =
  | { readonly is: 'cluster'; readonly cluster: Cluster }
  | { readonly is: 'zone'; readonly zone: ReplicaZone }
  | { readonly is: 'app'; readonly state: NameState }

/** The line of an app; undefined for a name that has none. */
export function appLine({ name, version, app }: NameEntry): unknown {
  if (app === undefined) return undefined
  const endpoints = app.endpoints.map((endpoint) => [
    endpoint.cluster,
    endpoint.weight,
    endpoint.priority,
    endpoint.port ?? 0,
    endpoint.owner ?? '',
    healthStates.indexOf(endpoint.health ?? 'unknown') + (endpoint.forced ? FORCED_FROM : 0),
    clusterStates.indexOf(endpoint.state ?? 'active'),
    ...endpoint.addresses,
  ])
  const { policy, ttlMin, ttlMax, health } = app
  return [name, version, policy, ttlMin, ttlMax, healthLine(health), ...endpoints]
}

/** The part of a line that says what health means for the app. */
export function healthLine(health: ReplicaHealth | undefined): 0 | readonly number[] {
  if (health === undefined) return 0
  return [health.enoughUpPercent, health.failClosed ? 1 : 0, health.trustMs]
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
  const [name, version, policyName, ttlMin, ttlMax, healthFields] = values
  const policy = isPolicyText(policyName) ? policyName : undefined
  if (!isName(name) || !isCount(version) || policy === undefined) return undefined
  if (!isCount(ttlMin) || !isCount(ttlMax)) return undefined
  const health = parseHealth(healthFields)
  if (health === null) return undefined
  const endpoints: ReplicaEndpoint[] = []
  for (let i = 6; i < values.length; i++) {
    const endpoint = parseEndpoint(values[i])
    if (endpoint === undefined) return undefined
    endpoints.push(endpoint)
  }
  return { kind: 'app', name, version, app: { policy, ttlMin, ttlMax, endpoints, health } }
}

/** Null: it is none. */
function parseHealth(fields: unknown): ReplicaHealth | undefined | null {
  if (fields === 0) return undefined
  if (!Array.isArray(fields)) return null
  const values: readonly unknown[] = fields
  const [enoughUpPercent, failClosed, trustMs] = values
  if (!isCount(enoughUpPercent) || enoughUpPercent > 100 || !isCount(trustMs)) return null
  if (failClosed !== 0 && failClosed !== 1) return null
  return { enoughUpPercent, failClosed: failClosed === 1, trustMs }
}

/** Had been checked when it was written; its schema would take half of the time of a start. */
function parseEndpoint(values: unknown): ReplicaEndpoint | undefined {
  if (!Array.isArray(values)) return undefined
  const fields: readonly unknown[] = values
  const [cluster, weight, priority, port, owner, healthIndex, stateIndex] = fields
  if (!isCount(healthIndex)) return undefined
  const isForced = healthIndex >= FORCED_FROM
  const health = healthStates[isForced ? healthIndex - FORCED_FROM : healthIndex]
  const state = typeof stateIndex === 'number' ? clusterStates[stateIndex] : undefined
  if (health === undefined || state === undefined) return undefined
  const endpoint = {
    cluster,
    addresses: fields.slice(7),
    weight,
    priority,
    ...(port === 0 ? {} : { port }),
    ...(owner === '' ? {} : { owner }),
    ...(state === 'active' ? {} : { state }),
  }
  if (!isCanonicalEndpoint(endpoint)) return undefined
  if (health === 'unknown') return isForced ? undefined : endpoint
  return { ...endpoint, health, ...(isForced ? { forced: true } : {}) }
}

function isName(value: unknown): value is Name {
  return typeof value === 'string' && value.endsWith('.')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
