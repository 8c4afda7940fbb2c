import { z } from 'zod'
import { healthStates } from '../../shared/registry/health.ts'
import {
  appSchema,
  clusterSchema,
  endpointFieldsSchema,
  idSchema,
  soaSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import type { EndpointForce, EndpointVerdict } from '../model/events.ts'
import { windowsInForce } from '../model/maintenance.ts'
import type { MaintenanceState } from '../model/maintenance.ts'
import { serialOf } from '../model/state.ts'
import type { Stored, StoredApp, StoredZone } from '../model/state.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { forceEventSchemas, forcedSchema } from './force-views.ts'
import { shareEventSchemas, shareShape } from './load-views.ts'
import { machineEventSchemas } from './machine-views.ts'
import {
  maintenanceEventSchemas,
  maintenanceOfClusterSchema,
  viewInForce,
} from './maintenance-views.ts'
import { networkEventSchemas } from './network-views.ts'
import { rrsetEventSchemas } from './rrset-views.ts'
import { sourceEventSchemas } from './source-views.ts'

/**
 * What is registered, as it is shown: the value with the version of the change that last touched it.
 * The schemas describe text that is canonical already, so that nothing is parsed on the way out.
 */

const nameText = z
  .string()
  .meta({ description: 'Canonical domain name', example: 'video.example.' })
const addressText = z.string().meta({ description: 'IPv4 or IPv6 address', example: '192.0.2.1' })

/** A version of central's state: the number of changes that led to it. */
export const versionSchema = z.int().min(0).meta({ description: 'Number of a change' })

const shownVersion = {
  version: versionSchema.meta({ description: 'The change that last touched the object' }),
}

const clusterValueSchema = clusterSchema.extend({ addresses: z.array(addressText) })
const endpointValueSchema = endpointFieldsSchema.extend({
  addresses: z.array(addressText),
  target: nameText.optional(),
})
const appValueSchema = appSchema.extend({ name: nameText })
const zoneValueSchema = zoneSchema.in.extend({
  apex: nameText,
  ns: z.array(nameText),
  soa: soaSchema.extend({ mname: nameText, rname: nameText }),
})

/** A cluster. */
export const clusterViewSchema = clusterValueSchema
  .extend({ maintenance: maintenanceOfClusterSchema, ...shownVersion })
  .meta({ id: 'Cluster' })
/** An endpoint. */
export const endpointViewSchema = endpointValueSchema.extend(shownVersion).meta({ id: 'Endpoint' })
/** An app with its endpoints. */
export const appViewSchema = appValueSchema
  .extend({ endpoints: z.array(endpointViewSchema), ...shownVersion })
  .meta({ id: 'App' })
/** A zone with its serial. */
export const zoneViewSchema = zoneValueSchema
  .extend({
    serial: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .meta({ description: 'Serial of the SOA; also rises when an app in the zone changes' }),
    ...shownVersion,
  })
  .meta({ id: 'Zone' })

/** What `viewCluster` makes. */
export type ClusterView = z.output<typeof clusterViewSchema>
/** What `viewEndpoint` makes. */
export type EndpointView = z.output<typeof endpointViewSchema>
/** What `viewApp` makes. */
export type AppView = z.output<typeof appViewSchema>
/** What `viewZone` makes. */
export type ZoneView = z.output<typeof zoneViewSchema>

/** Shows a cluster, with the maintenance that is in force. */
export function viewCluster(
  state: MaintenanceState,
  { value, version }: Stored<Cluster>,
): ClusterView {
  return { ...value, ...viewInForce(windowsInForce(state, value.id)), version }
}

/** Shows a zone; the serial is made of the version that last touched it or an app in it. */
export function viewZone(zone: StoredZone): ZoneView {
  return { ...zone.value, serial: serialOf(zone), version: zone.version }
}

/** Shows an endpoint. */
export function viewEndpoint({ value, version }: Stored<Endpoint>): EndpointView {
  return { ...value, version }
}

/** Shows an app, its endpoints by cluster id. */
export function viewApp({ value, version, endpoints }: StoredApp): AppView {
  const sorted = [...endpoints.values()].sort((a, b) =>
    a.value.cluster < b.value.cluster ? -1 : 1,
  )
  return { ...value, endpoints: sorted.map(viewEndpoint), version }
}

const verdictShape = {
  app: nameText,
  cluster: idSchema,
  state: z.enum(healthStates),
  sinceEpoch: z.number().meta({ description: 'When it came to be so, ms since 1970' }),
  reports: z.array(
    z.strictObject({ edge: idSchema, state: z.enum(healthStates), detail: z.string() }),
  ),
}

/** What is known of the health of an endpoint. */
export const healthViewSchema = z
  .strictObject({
    ...verdictShape,
    state: verdictShape.state.meta({
      description: 'unknown: no edge has found out yet, or none has told for long; counts as up',
    }),
    sinceEpoch: z
      .number()
      .optional()
      .meta({ description: 'When it came to be so, ms since 1970; absent when unknown' }),
    forced: forcedSchema,
    ...shareShape,
  })
  .meta({ id: 'EndpointHealth' })

/** What `viewHealth` makes. */
export type HealthView = z.output<typeof healthViewSchema>

/** Shows the health of an endpoint; without a verdict it is unknown. */
export function viewHealth(
  app: string,
  cluster: string,
  verdict: EndpointVerdict | undefined,
  force: EndpointForce | undefined,
): HealthView {
  const forced = force === undefined ? {} : { forced: forcedOf(force) }
  if (verdict === undefined) return { app, cluster, state: 'unknown', reports: [], ...forced }
  const { state, sinceEpoch, reports } = verdict
  return { app, cluster, state, sinceEpoch, reports: [...reports], ...forced }
}

/** Shows what an endpoint is forced to be, without the key, which stands beside it. */
export function forcedOf(force: EndpointForce): NonNullable<HealthView['forced']> {
  const { state, sinceEpoch, untilEpoch, reason, actor } = force
  return { state, sinceEpoch, untilEpoch, reason, actor }
}

const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('cluster-put'), cluster: clusterValueSchema }),
  z.strictObject({ type: z.literal('cluster-deleted'), id: idSchema }),
  z.strictObject({ type: z.literal('zone-put'), zone: zoneValueSchema }),
  z.strictObject({ type: z.literal('zone-deleted'), apex: nameText }),
  z.strictObject({ type: z.literal('app-put'), app: appValueSchema }),
  z.strictObject({ type: z.literal('app-deleted'), name: nameText }),
  z.strictObject({
    type: z.literal('endpoint-put'),
    app: nameText,
    endpoint: endpointValueSchema,
    forMachines: z
      .literal(true)
      .optional()
      .meta({ description: 'It goes with the last of its machines' }),
  }),
  z.strictObject({ type: z.literal('endpoint-deleted'), app: nameText, cluster: idSchema }),
  z.strictObject({ type: z.literal('endpoint-health'), ...verdictShape }),
  ...forceEventSchemas,
  ...machineEventSchemas,
  ...maintenanceEventSchemas,
  ...networkEventSchemas,
  ...shareEventSchemas,
  ...rrsetEventSchemas,
  ...sourceEventSchemas,
])

/** The types of events, as they are written. */
export const eventTypes: readonly string[] = eventSchema.options.map(
  ({ shape }) => shape.type.value,
)

/** A record of the log. */
export const changeRecordSchema = z
  .strictObject({
    version: versionSchema,
    schema: z.int().meta({ description: 'Version of the shape of the events' }),
    atEpoch: z.number().meta({ description: 'When it was accepted, ms since 1970' }),
    actor: z.string().meta({ description: 'Name of the token' }),
    cause: z.string().meta({ description: 'Id of the request (X-Request-Id)' }),
    events: z.array(eventSchema),
    omitted: z.int().optional().meta({
      description: 'Events of the change that are not shown: not asked for, or too many',
    }),
  })
  .meta({ id: 'ChangeRecord' })

/** What a change does, or would do, to one object. */
export const diffEntrySchema = z
  .strictObject({
    action: z.enum(['create', 'change', 'delete']),
    kind: z.enum([
      'cluster',
      'zone',
      'app',
      'rrset',
      'endpoint',
      'health',
      'force',
      'machine',
      'network',
      'maintenance',
      'load',
      'withheld',
      'source',
      'dead-letter',
    ]),
    id: z.string().meta({
      description: 'Id, apex, name, "name type" for an rrset, or "name cluster" for an endpoint',
    }),
    before: z.record(z.string(), z.unknown()).optional(),
    after: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'DiffEntry' })
