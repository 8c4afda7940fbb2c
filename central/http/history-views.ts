import { z } from 'zod'
import type { Name } from '../../shared/dns/name.ts'
import { parsePrefix, prefixText } from '../../shared/geo/prefix.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { policySchema } from '../../shared/registry/policy-schema.ts'
import { clusterSchema, clusterStates } from '../../shared/registry/schema.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import { trustMsOfApp } from '../../shared/registry/trust.ts'
import { effectiveEndpoint, shortestLeaseSeconds } from '../model/machines.ts'
import { nextChangeOf } from '../model/foreseen.ts'
import { maintainedState, nextBeginOf } from '../model/maintenance.ts'
import { policyOf, zoneOf } from '../model/state.ts'
import type { RegistryState, StoredApp } from '../model/state.ts'
import type { Past } from '../registry/past.ts'
import { forcedSchema } from './force-views.ts'
import { shareShape, viewShare } from './load-views.ts'
import { networkViewSchema, viewNetwork } from './network-views.ts'
import { endpointViewSchema, forcedOf, healthViewSchema, versionSchema } from './views.ts'

/** What edges were told at a moment that is past, and what that went by. */

const nameText = z
  .string()
  .meta({ description: 'Canonical domain name', example: 'video.example.' })
const addressesText = z.array(z.string().meta({ description: 'IPv4 or IPv6 address' }))
const reportsSchema = healthViewSchema.shape.reports

const toldEndpointSchema = endpointViewSchema.omit({ version: true }).extend({
  addresses: addressesText.meta({ description: 'Those of its machines too' }),
  state: z.enum(clusterStates).meta({ description: 'What it counted as, maintenance included' }),
  health: z.enum(healthStates).meta({ description: 'What edges were told' }),
  sinceEpoch: z
    .number()
    .optional()
    .meta({ description: 'When the verdict came to be so, ms since 1970; absent without one' }),
  reports: reportsSchema,
  forced: forcedSchema,
  ...shareShape,
  fallback: z
    .literal(true)
    .optional()
    .meta({ description: 'It was answered only where too few of the others were up' }),
})

const changesAtEpoch = z.number().optional().meta({
  description: 'When it was to change next, as far as that was foreseen, ms since 1970',
})

/** An app as edges were told of it. */
export const historyViewSchema = z
  .strictObject({
    version: versionSchema.meta({ description: 'The last change at that moment' }),
    atEpoch: z.number().meta({ description: 'When it was accepted, ms since 1970' }),
    app: z.strictObject({
      name: nameText,
      policy: policySchema.meta({ description: 'Its own, that of its zone, or the default' }),
      ttl: z.strictObject({ min: z.int(), max: z.int() }),
      enoughUpPercent: z.int(),
      failClosed: z.boolean(),
      trustMs: z.number().meta({ description: 'How long what was known held at least; 0: no end' }),
      endpoints: z.array(toldEndpointSchema),
      service: serviceSchema.optional(),
      changesAtEpoch,
      version: versionSchema.meta({ description: 'The change that had last touched it' }),
    }),
    zone: z
      .strictObject({
        apex: nameText,
        negativeTtl: z.int().meta({ description: 'Seconds (RFC 2308 §5)' }),
      })
      .optional()
      .meta({ description: 'The zone that the name lay in; absent where it lay in none' }),
    clusters: z
      .array(clusterSchema.extend({ addresses: addressesText, changesAtEpoch }))
      .meta({ description: 'All of them, in the states that they counted as' }),
    network: networkViewSchema
      .optional()
      .meta({ description: 'The network that `client` was in, where one was given' }),
  })
  .meta({ id: 'History' })

/** What `viewHistory` makes. */
export type HistoryView = z.output<typeof historyViewSchema>

/** Shows an app as edges were told of it; undefined when it was not registered. */
export function viewHistory(
  { state, version, atEpoch }: Past,
  name: Name,
  client: Prefix | undefined,
): HistoryView | undefined {
  const app = state.apps.get(name)
  if (app === undefined) return undefined
  const zone = zoneOf(state, name)?.value
  const network = client && networkOf(state, client)
  return {
    version,
    atEpoch,
    app: viewTold(state, app),
    ...(zone && {
      // RFC 2308 §5: the lesser of SOA MINIMUM and the TTL of the SOA.
      zone: { apex: zone.apex, negativeTtl: Math.min(zone.soa.minimum, zone.soa.ttl) },
    }),
    clusters: Array.from(state.clusters.values(), ({ value }) => ({
      ...value,
      state: maintainedState(state, value.state, value.id),
      ...viewForeseen(nextBeginOf(state, value.id)),
    })),
    ...(network && { network }),
  }
}

function viewTold(state: RegistryState, app: StoredApp): HistoryView['app'] {
  const { name, ttl, health, service } = app.value
  const verdicts = state.health.get(name)
  const forces = state.forced.get(name)
  const endpoints = [...app.endpoints.values()].flatMap((stored) => {
    const value = effectiveEndpoint(state, name, stored)
    if (value === undefined) return []
    const { cluster } = value
    const verdict = verdicts?.get(cluster)
    const force = forces?.get(cluster)
    return {
      ...value,
      state: maintainedState(state, value.state ?? 'active', cluster, name),
      // What an operator has forced goes over what was found out.
      health: force?.state ?? verdict?.state ?? ('unknown' as const),
      ...(verdict && { sinceEpoch: verdict.sinceEpoch }),
      reports: [...(verdict?.reports ?? [])],
      ...(force && { forced: forcedOf(force) }),
      ...viewShare(state, name, cluster),
      ...(health?.fallback?.includes(cluster) === true && { fallback: true as const }),
    }
  })
  return {
    name,
    policy: policyOf(state, app.value),
    ttl,
    enoughUpPercent: health?.enoughUpPercent ?? 0,
    failClosed: health?.whenNotEnough === 'fail-closed',
    trustMs: trustMsOfApp(health?.check, shortestLeaseSeconds(state, app)),
    endpoints,
    ...(service && { service }),
    ...viewForeseen(nextChangeOf(state, name, app.endpoints.keys())),
    version: app.version,
  }
}

/** 0: nothing is foreseen. */
function viewForeseen(changesAtEpoch: number): { readonly changesAtEpoch?: number } {
  return changesAtEpoch === 0 ? {} : { changesAtEpoch }
}

/** The network with the longest prefix around a client. */
function networkOf(state: RegistryState, { family, words, bits }: Prefix) {
  for (let length = bits; length >= 0; length--) {
    const masked = words.map((word, i) => {
      const kept = Math.min(Math.max(length - i * 32, 0), 32)
      // A shift by 32 is one by 0.
      return kept === 0 ? 0 : (word & (0xffff_ffff << (32 - kept))) >>> 0
    })
    const id = state.prefixes.get(prefixText({ family, words: masked, bits: length }))
    const stored = id === undefined ? undefined : state.networks.get(id)
    if (stored !== undefined) return viewNetwork(stored)
  }
  return undefined
}

/** Where a query says that the client is. */
export const clientPrefixSchema = z
  .string()
  .meta({ description: 'IPv4 or IPv6 prefix', example: '192.0.2.0/24' })
  .transform((text, ctx) => {
    const parsed = parsePrefix(text)
    if (parsed.ok) return parsed.prefix
    ctx.addIssue({ code: 'custom', message: parsed.reason, input: text })
    return z.NEVER
  })

/** A moment: the version of a change, or a time (RFC 3339). */
export const momentSchema = z
  .string()
  .max(40)
  .meta({
    description: 'Version of a change, or a time (RFC 3339)',
    example: '2026-12-01T22:00:00Z',
  })
  .transform((text, ctx) => {
    if (/^\d{1,15}$/.test(text)) return { version: Number(text) }
    if (z.iso.datetime({ offset: true }).safeParse(text).success) {
      return { epochMs: Date.parse(text) }
    }
    const message = 'is neither a version such as 42 nor a time such as 2026-12-01T22:00:00Z'
    ctx.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })
