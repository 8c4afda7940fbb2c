import { z } from 'zod'
import { TTL_MAX } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { checkRdata } from '../../shared/records/rdata.ts'
import { isPolicyText } from './policy-text.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { isCanonicalEndpoint } from '../../shared/registry/canonical-endpoint.ts'
import { clusterSchema, clusterStates } from '../../shared/registry/schema.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import type { Service } from '../../shared/registry/service-schema.ts'
import type {
  NameState,
  ReplicaCluster,
  ReplicaEndpoint,
  ReplicaHealth,
  ReplicaZone,
} from './model.ts'
import type { NameEntry } from './names.ts'
import { readShareWord, shareWord } from './share-word.ts'

/*
 * The lines of an edge's snapshot: clusters, zones and networks as objects; apps, of which there are up to
 * millions, as arrays, which take half of the bytes:
 *
 *   ["video.example.", version, policy, ttl.min, ttl.max, health, changesAt, service, [endpoint], …, [rrset], …]
 *   ["txt.example.", version, [rrset], …]
 *   health: 0, or [enoughUpPercent, 1 for fail-closed or 0, trustMs]
 *   changesAt: left out where no change is foreseen, or ms since 1970
 *   service: left out where there is none, or { alpn, port, https, srv }
 *   endpoint: ["sfo", weight, priority, port or 0, owner or "", index into healthStates (+ 4 where
 *              an operator has forced it), index into clusterStates (+ 4 × its share, `share-word.ts`),
 *              address, … or target]
 *   rrset: [type, TTL, "rdata in base64", …]
 */

const ttl = z.int().min(0)

/** When its state is to change is no part of what is registered. */
const heldClusterSchema = clusterSchema.extend({ changesAt: z.int().min(1).exactOptional() })

const objectSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('cluster'), cluster: heldClusterSchema }),
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
  z.object({ is: z.literal('network'), network: networkSchema }),
])

/** What stands over the index of a health that was forced. */
export const FORCED_FROM = healthStates.length

/** What a share counts over the index of a state. */
export const SHARES_FROM = 4

/** What one line says. */
export type Line =
  | { readonly is: 'cluster'; readonly cluster: ReplicaCluster }
  | { readonly is: 'zone'; readonly zone: ReplicaZone }
  | { readonly is: 'network'; readonly network: Network }
  | { readonly is: 'app'; readonly state: NameState }

/** The line of a name; undefined for one that has neither an app nor static records. */
export function appLine({ name, version, app, rrsets }: NameEntry): unknown {
  if (app === undefined) {
    return rrsets.length === 0 ? undefined : [name, version, ...rrsetLines(rrsets)]
  }
  const endpoints = app.endpoints.map((endpoint) => [
    endpoint.cluster,
    endpoint.weight,
    endpoint.priority,
    endpoint.port ?? 0,
    endpoint.owner ?? '',
    healthStates.indexOf(endpoint.health ?? 'unknown') + (endpoint.forced ? FORCED_FROM : 0),
    clusterStates.indexOf(endpoint.state ?? 'active') + SHARES_FROM * shareWord(endpoint),
    ...(endpoint.target === undefined ? endpoint.addresses : [endpoint.target]),
  ])
  const { policy, ttlMin, ttlMax, health, changesAt, service } = app
  const foreseen = changesAt === undefined ? [] : [changesAt]
  const described = [...foreseen, ...(service === undefined ? [] : [service])]
  const told = [policy, ttlMin, ttlMax, healthLine(health), ...described, ...endpoints]
  return [name, version, ...told, ...rrsetLines(rrsets)]
}

/** The part of a line that has the static records. */
export function rrsetLines(rrsets: readonly WireRrset[]): readonly unknown[] {
  return rrsets.map(({ type, ttl, rdata }) => [
    type,
    ttl,
    ...rdata.map((one) => Buffer.from(one).toString('base64')),
  ])
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
    const state = parseState(value)
    if (state !== undefined) return { ok: true, line: { is: 'app', state } }
    return { ok: false, detail: `no name: ${JSON.stringify(value).slice(0, 200)}` }
  }
  const parsed = objectSchema.safeParse(value)
  if (parsed.success) return { ok: true, line: parsed.data }
  return { ok: false, detail: parsed.error.issues[0]?.message ?? '' }
}

function parseState(values: readonly unknown[]): NameState | undefined {
  // Rrsets stand last, and begin with a number as nothing else does that is a list of at least three.
  const end = values.findIndex((value, i) => i > 1 && isRrsetLine(value))
  const state =
    end === 2 ? parseRecordsOnly(values) : parseApp(end < 0 ? values : values.slice(0, end))
  if (end < 0 || state === undefined) return state
  const rrsets: WireRrset[] = []
  for (let i = end; i < values.length; i++) {
    const rrset = parseRrset(values[i])
    if (rrset === undefined) return undefined
    rrsets.push(rrset)
  }
  return { ...state, rrsets }
}

function parseRecordsOnly([name, version]: readonly unknown[]): NameState | undefined {
  if (!isName(name) || !isCount(version)) return undefined
  return { kind: 'nodata', name, version }
}

/** The list of health has three numbers, an endpoint begins with a text. */
function isRrsetLine(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value[2] === 'string'
}

/** Had been checked when it was written, but is looked at again: a table is encoded from it. */
function parseRrset(value: unknown): WireRrset | undefined {
  if (!isRrsetLine(value) || !Array.isArray(value)) return undefined
  const fields: readonly unknown[] = value
  const [type, ttl, ...texts] = fields
  if (!isCount(type) || type > 0xffff || !isCount(ttl) || ttl > TTL_MAX) return undefined
  const rdata: Uint8Array[] = []
  for (const text of texts) {
    if (typeof text !== 'string') return undefined
    const octets = Buffer.from(text, 'base64')
    if (checkRdata(type, octets) !== undefined) return undefined
    rdata.push(octets)
  }
  return { type, ttl, rdata }
}

function parseApp(values: readonly unknown[]): NameState | undefined {
  const [name, version, policyName, ttlMin, ttlMax, healthFields] = values
  const policy = isPolicyText(policyName) ? policyName : undefined
  if (!isName(name) || !isCount(version) || policy === undefined) return undefined
  if (!isCount(ttlMin) || !isCount(ttlMax)) return undefined
  const health = parseHealth(healthFields)
  if (health === null) return undefined
  const endpoints: ReplicaEndpoint[] = []
  const sixth = values[6]
  const changesAt = isCount(sixth) ? sixth : undefined
  const serviceAt = changesAt === undefined ? 6 : 7
  const service = parseService(values[serviceAt])
  if (service === null) return undefined
  for (let i = serviceAt + (service === undefined ? 0 : 1); i < values.length; i++) {
    const endpoint = parseEndpoint(values[i])
    if (endpoint === undefined) return undefined
    endpoints.push(endpoint)
  }
  const described = service === undefined ? {} : { service }
  const foreseen = changesAt === undefined ? {} : { changesAt }
  const app = { policy, ttlMin, ttlMax, endpoints, health, ...described, ...foreseen }
  return { kind: 'app', name, version, app }
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

/** Undefined: the first endpoint stands there, or nothing. Null: it is none. */
function parseService(value: unknown): Service | undefined | null {
  if (value === undefined || Array.isArray(value)) return undefined
  return serviceSchema.safeParse(value).data ?? null
}

/** Had been checked when it was written; its schema would take half of the time of a start. */
function parseEndpoint(values: unknown): ReplicaEndpoint | undefined {
  if (!Array.isArray(values)) return undefined
  const fields: readonly unknown[] = values
  const [cluster, weight, priority, port, owner, healthIndex, stateIndex] = fields
  if (!isCount(healthIndex)) return undefined
  const isForced = healthIndex >= FORCED_FROM
  const health = healthStates[isForced ? healthIndex - FORCED_FROM : healthIndex]
  if (!isCount(stateIndex)) return undefined
  const state = clusterStates[stateIndex % SHARES_FROM]
  const share = readShareWord(Math.floor(stateIndex / SHARES_FROM))
  if (health === undefined || state === undefined || share === undefined) return undefined
  const endpoint = {
    cluster,
    ...parseAddresses(fields.slice(7)),
    weight,
    priority,
    ...(port === 0 ? {} : { port }),
    ...(owner === '' ? {} : { owner }),
    ...(state === 'active' ? {} : { state }),
  }
  if (!isCanonicalEndpoint(endpoint)) return undefined
  if (health === 'unknown') return isForced ? undefined : { ...endpoint, ...share }
  return { ...endpoint, health, ...(isForced ? { forced: true } : {}), ...share }
}

/** An address never ends in a dot, and a target, which stands alone, always does. */
function parseAddresses(list: readonly unknown[]): object {
  const [target] = list
  if (list.length > 1 || !isName(target)) return { addresses: list }
  return { addresses: [], target }
}

function isName(value: unknown): value is Name {
  return typeof value === 'string' && value.endsWith('.')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
