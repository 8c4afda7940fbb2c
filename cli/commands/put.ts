import { readyPolicies } from '../../shared/registry/policy-schema.ts'
import { z } from 'zod'
import { nameSchema } from '../../shared/registry/fields.ts'
import {
  addressSchema,
  clusterSchema,
  clusterStates,
  endpointFieldsSchema,
} from '../../shared/registry/schema.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import { networkFieldsSchema } from '../../shared/registry/network-schema.ts'
import { ADDRESSES_MAX, NS_MAX, TTL_LIMIT_MAX_SECONDS } from '../../shared/registry/limits.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { Call } from '../call.ts'
import type { Answer, Item, Request, RestClient } from '../client.ts'
import { usageError } from '../failure.ts'
import { appKind, clusterKind, endpointKind, networkKind, zoneKind, type Kind } from '../kinds.ts'
import { globalOptions, numberOption } from '../options.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { reportWrite, WAIT_DEADLINE_MS, waitQuery, type Written } from './written.ts'

/** How often a put is tried again when somebody else changed the object between read and write. */
const ATTEMPTS_MAX = 5

const writeOptions = { ...globalOptions, wait: z.boolean().default(false) }
const ttlOption = numberOption(z.int().min(0).max(TTL_LIMIT_MAX_SECONDS)).optional()
const portOption = numberOption(endpointFieldsSchema.shape.port.unwrap()).optional()
const mapping = z.record(z.string(), z.unknown())
const addressOption = z.array(addressSchema).max(ADDRESSES_MAX).optional()

/** What the body of a cluster has. */
export const clusterFields: readonly string[] = Object.keys(clusterSchema.omit({ id: true }).shape)

const clusterOptions = z.object({
  ...writeOptions,
  latitude: numberOption(clusterSchema.shape.latitude).optional(),
  longitude: numberOption(clusterSchema.shape.longitude).optional(),
  country: clusterSchema.shape.country,
  region: clusterSchema.shape.region,
  city: clusterSchema.shape.city,
  capacity: numberOption(clusterSchema.shape.capacity.unwrap()).optional(),
  address: addressOption,
  state: z.enum(clusterStates).optional(),
})

/** `meridian clusters put ID`. */
export async function putCluster(call: Call): Promise<number> {
  const { options, client } = openSession(clusterOptions, call)
  const { latitude, longitude, country, region, city, capacity, state, address } = options
  const given = { latitude, longitude, country, region, city, capacity, state, addresses: address }
  return put(call, { kind: clusterKind, fields: clusterFields, client, options }, (stored) => {
    if (stored === undefined && (latitude === undefined || longitude === undefined)) {
      const title = clusterKind.title(call.args)
      throw usageError(`${title} is new: --latitude and --longitude are wanted`)
    }
    return { ...stored, ...defined(given) }
  })
}

const zoneFields = ['ns', 'nsTtl', 'soa']

const zoneOptions = z.object({
  ...writeOptions,
  ns: z.array(nameSchema).min(1).max(NS_MAX).optional(),
  nsTtl: ttlOption,
})

/** `meridian zones put APEX`. */
export async function putZone(call: Call): Promise<number> {
  const { options, client } = openSession(zoneOptions, call)
  const { ns, nsTtl } = options
  return put(call, { kind: zoneKind, fields: zoneFields, client, options }, (stored) => {
    if (stored === undefined && ns === undefined) {
      throw usageError(`${zoneKind.title(call.args)} is new: --ns is wanted`)
    }
    return {
      ...stored,
      soa: soaFor(stored, ns),
      ns: ns ?? stored?.['ns'],
      nsTtl: nsTtl ?? stored?.['nsTtl'],
    }
  })
}

/** The primary (MNAME) is the first name server by default, so it follows when that one goes. */
function soaFor(stored: Item | undefined, ns: readonly string[] | undefined): unknown {
  const soa = z.record(z.string(), z.unknown()).optional().catch(undefined).parse(stored?.['soa'])
  const before = z.array(z.unknown()).catch([]).parse(stored?.['ns'])
  if (soa === undefined || ns === undefined || soa['mname'] !== before[0]) return soa
  const { mname: _, ...rest } = soa
  return rest
}

const networkShape = networkFieldsSchema.shape
const networkFields = Object.keys(networkFieldsSchema.omit({ id: true }).shape)

const networkOptions = z.object({
  ...writeOptions,
  prefix: networkShape.prefixes.optional(),
  cluster: networkShape.cluster,
  latitude: numberOption(networkShape.latitude.unwrap()).optional(),
  longitude: numberOption(networkShape.longitude.unwrap()).optional(),
  country: networkShape.country,
  region: networkShape.region,
  continent: networkShape.continent,
  asn: numberOption(networkShape.asn.unwrap()).optional(),
})

/** `meridian networks put ID`. */
export async function putNetwork(call: Call): Promise<number> {
  const { options, client } = openSession(networkOptions, call)
  const { prefix, cluster, latitude, longitude, country, region, continent, asn } = options
  const isPlaced = latitude !== undefined || longitude !== undefined
  if (cluster !== undefined && isPlaced) {
    throw usageError('--cluster goes without --latitude and --longitude')
  }
  const given = { prefixes: prefix, cluster, latitude, longitude, country, region, continent, asn }
  return put(call, { kind: networkKind, fields: networkFields, client, options }, (stored) => {
    const title = networkKind.title(call.args)
    if (stored === undefined && prefix === undefined) {
      throw usageError(`${title} is new: --prefix is wanted`)
    }
    // A network has one place: a cluster goes when coordinates come, and the other way round.
    const kept = {
      ...stored,
      ...(cluster === undefined ? {} : { latitude: undefined, longitude: undefined }),
      ...(isPlaced ? { cluster: undefined } : {}),
    }
    const changed: Item = { ...kept, ...defined(given) }
    const hasCoordinates = changed['latitude'] !== undefined && changed['longitude'] !== undefined
    if (changed['cluster'] === undefined && !hasCoordinates) {
      const wanted = '--cluster, or --latitude and --longitude, is wanted'
      throw usageError(`${title} has no place: ${wanted}`)
    }
    return changed
  })
}

/** Without the endpoints, central leaves them as they are; without health or service the app has none. */
const appFields = ['policy', 'ttl', 'health', 'service']

const appOptions = z.object({
  ...writeOptions,
  policy: z.enum(readyPolicies).optional(),
  ttlMin: ttlOption,
  ttlMax: ttlOption,
  alpn: serviceSchema.shape.alpn.unwrap().optional(),
  servicePort: portOption,
})

/** `meridian apps put NAME`. The endpoints of the app stay as they are. */
export async function putApp(call: Call): Promise<number> {
  const { options, client } = openSession(appOptions, call)
  const { policy, ttlMin, ttlMax, alpn, servicePort } = options
  const service = defined({ alpn, port: servicePort })
  return put(call, { kind: appKind, fields: appFields, client, options }, (stored) => {
    const ttl = mapping.catch({}).parse(stored?.['ttl'])
    const before = mapping.optional().catch(undefined).parse(stored?.['service'])
    return {
      ...stored,
      policy: policy ?? stored?.['policy'],
      ttl: { ...ttl, ...defined({ min: ttlMin, max: ttlMax }) },
      service: Object.keys(service).length === 0 ? before : { ...before, ...service },
    }
  })
}

/** What the body of an endpoint has. */
export const endpointFields: readonly string[] = Object.keys(
  endpointFieldsSchema.omit({ cluster: true }).shape,
)

const endpointOptions = z.object({
  ...writeOptions,
  address: addressOption,
  target: endpointFieldsSchema.shape.target,
  port: portOption,
  weight: numberOption(endpointFieldsSchema.shape.weight.unwrap()).optional(),
  priority: numberOption(endpointFieldsSchema.shape.priority.unwrap()).optional(),
  state: z.enum(clusterStates).optional(),
})

/** `meridian endpoints put APP CLUSTER`. */
export async function putEndpoint(call: Call): Promise<number> {
  const { options, client } = openSession(endpointOptions, call)
  const { address, target, port, weight, priority, state } = options
  if (address !== undefined && target !== undefined) {
    throw usageError('--target goes without --address')
  }
  const given = { addresses: address, target, port, weight, priority, state }
  return put(call, { kind: endpointKind, fields: endpointFields, client, options }, (stored) => {
    // Addresses go when a target comes, and the other way round.
    const kept = {
      ...stored,
      ...(target === undefined ? {} : { addresses: undefined }),
      ...(address === undefined ? {} : { target: undefined }),
    }
    const changed = { ...kept, ...defined(given) }
    // One that is active has no state.
    return state === 'active' ? { ...changed, state: undefined } : changed
  })
}

interface Put {
  readonly kind: Kind
  /** What the body of a PUT has; central shows more than that. */
  readonly fields: readonly string[]
  readonly client: RestClient
  readonly options: { readonly output: 'table' | 'json'; readonly wait: boolean }
}

/** Reads the object, changes the given fields of it, and writes it if it is still the one read. */
async function put(
  call: Call,
  { kind, fields, client, options }: Put,
  change: (stored: Item | undefined) => Item,
): Promise<number> {
  const path = kind.itemPath(call.args)
  const title = kind.title(call.args)
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const before = await readStored(client, path)
    const changed = defined(change(before?.item))
    const body = Object.fromEntries(
      Object.entries(changed).filter(([name]) => fields.includes(name)),
    )
    const request: Request = {
      method: 'PUT',
      path,
      query: waitQuery(options),
      body,
      // RFC 9110 §13.1.2: If-None-Match: * does not hold when the object exists by now.
      headers: before === undefined ? { 'if-none-match': '*' } : { 'if-match': before.etag },
      deadlineMs: WAIT_DEADLINE_MS,
    }
    const answer = await withProgress(call.io, `writing ${title}`, client.send(request))
    if (answer.status === 412) continue
    if (answer.status < 200 || answer.status > 299) throw client.refusal(request, answer)
    return reportWrite(call.io, { verb: verbOf(before, answer), title, answer }, options)
  }
  const message = `${title} was changed by others ${ATTEMPTS_MAX} times between read and write`
  throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
}

/** An object as it was read, with what a write over just that one needs. */
interface Stored {
  readonly item: Item
  readonly etag: string
}

/** Reads an object; undefined when it is not there. */
export async function readStored(client: RestClient, path: string): Promise<Stored | undefined> {
  const request: Request = { method: 'GET', path }
  const answer = await client.send(request)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw client.refusal(request, answer)
  const item = client.read(z.record(z.string(), z.unknown()), request, answer)
  return { item, etag: answer.etag ?? `"${String(item['version'])}"` }
}

function verbOf(before: Stored | undefined, answer: Answer): Written['verb'] {
  if (before === undefined) return 'created'
  const after = z.object({ version: z.unknown() }).catch({ version: undefined }).parse(answer.body)
  return after.version === before.item['version'] ? 'no change of' : 'changed'
}

/** The fields that have a value. */
function defined(fields: Item): Item {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
