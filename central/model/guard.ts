import type { Name } from '../../shared/dns/name.ts'
import type { Refusal } from './decision.ts'
import { reject } from './decision.ts'
import type { RegistryEvent } from './events.ts'
import { rrsetAt, zoneOfRrset } from './records.ts'
import type { RegistryState } from './state.ts'
import { firstInZone, zoneOf } from './state.ts'

/** How much a change may take away without a confirmation. */
export interface GuardLimits {
  /** Of the rrsets of a zone, or of the endpoints of an app or of the mesh. */
  readonly maxRemovedPercent: number
  /** So many may always go. */
  readonly freeRemovals: number
}

/** What holds where nothing else is configured. */
export const defaultGuard: GuardLimits = { maxRemovedPercent: 50, freeRemovals: 10 }

/** The change that is looked at: the state before it, the state after it, and what lies between. */
export interface GuardedStep {
  readonly before: RegistryState
  readonly after: RegistryState
  readonly events: readonly RegistryEvent[]
}

/**
 * The refusal of a change that takes away more than somebody may have meant: all that a zone has, or more than
 * a share of its rrsets, or of the endpoints of an app or of the mesh. For changes of many objects: who
 * deletes one by its name means it. Costs a look at the events, unless much goes.
 */
export function guardedFrom(step: GuardedStep, limits: GuardLimits): Refusal | undefined {
  const gone = goneIn(step)
  return emptiedZone(step, gone) ?? tooMuchOf(step, gone, limits)
}

/** What is gone after a change. */
interface Gone {
  /** By the apex of their zone. */
  readonly rrsets: ReadonlyMap<Name, number>
  /** Rrsets and apps, likewise. */
  readonly ofZones: ReadonlyMap<Name, number>
  /** Endpoints by their app, of apps that stay. */
  readonly ofApps: ReadonlyMap<Name, number>
  /** Endpoints, those of apps that go too. */
  readonly endpoints: number
}

function goneIn({ before, after, events }: GuardedStep): Gone {
  const rrsets = new Map<Name, number>()
  const ofZones = new Map<Name, number>()
  const ofApps = new Map<Name, number>()
  let endpoints = 0
  // What is deleted, put and deleted again is gone once.
  const seen = new Set<string>()
  const isFirst = (key: string): boolean => seen.size !== seen.add(key).size
  for (const event of events) {
    if (event.type === 'rrset-deleted') {
      const { name, rrtype } = event
      const isGone =
        rrsetAt(before, name, rrtype) !== undefined && rrsetAt(after, name, rrtype) === undefined
      const apex = zoneOfRrset(before, name, rrtype)?.value.apex
      if (!isGone || apex === undefined || !isFirst(`${name} ${rrtype}`)) continue
      add(rrsets, apex)
      add(ofZones, apex)
    } else if (event.type === 'app-deleted') {
      const app = before.apps.get(event.name)
      const apex = zoneOf(before, event.name)?.value.apex
      const isGone = app !== undefined && !after.apps.has(event.name)
      if (!isGone || apex === undefined || !isFirst(event.name)) continue
      add(ofZones, apex)
      endpoints += app.endpoints.size
    } else if (event.type === 'endpoint-deleted') {
      const { app, cluster } = event
      const stays = after.apps.get(app)
      const isGone = before.apps.get(app)?.endpoints.has(cluster) === true
      if (!isGone || stays === undefined || stays.endpoints.has(cluster)) continue
      if (!isFirst(`${app} ${cluster}`)) continue
      add(ofApps, app)
      endpoints++
    }
  }
  return { rrsets, ofZones, ofApps, endpoints }
}

function emptiedZone({ after }: GuardedStep, gone: Gone): Refusal | undefined {
  for (const [apex, count] of gone.ofZones) {
    if (after.zones.has(apex) && firstInZone(after, apex) !== undefined) continue
    return guarded(`all ${count} rrsets and apps out of the zone ${apex}`, 'which empties it')
  }
  return undefined
}

function tooMuchOf(
  { before }: GuardedStep,
  gone: Gone,
  { maxRemovedPercent, freeRemovals }: GuardLimits,
): Refusal | undefined {
  const share = (
    count: number,
    countAll: (enough: number) => number,
    what: string,
  ): Refusal | undefined => {
    if (count <= freeRemovals) return undefined
    const enough = Math.ceil((count * 100) / Math.max(maxRemovedPercent, 1))
    const all = countAll(enough)
    if (count * 100 <= all * maxRemovedPercent) return undefined
    const percent = Math.floor((count * 100) / all)
    return guarded(`${count} of ${all} ${what} (${percent} %)`, `at most ${maxRemovedPercent} %`)
  }
  for (const [apex, count] of gone.rrsets) {
    const refusal = share(
      count,
      (enough) => countRrsets(before, apex, maxRemovedPercent === 0 ? Infinity : enough),
      `rrsets out of the zone ${apex}`,
    )
    if (refusal !== undefined) return refusal
  }
  for (const [app, count] of gone.ofApps) {
    const all = before.apps.get(app)?.endpoints.size ?? 0
    const refusal = share(count, () => all, `endpoints from the app ${app}`)
    if (refusal !== undefined) return refusal
  }
  return share(gone.endpoints, () => countEndpoints(before), 'endpoints out of the mesh')
}

function guarded(takes: string, bound: string): Refusal {
  const detail = `the change takes ${takes}, ${bound}: it has to be confirmed (confirm=true)`
  return reject('guard', detail)
}

/** The rrsets of a zone; no more are counted than are enough. */
function countRrsets(state: RegistryState, apex: Name, enough: number): number {
  let count = 0
  for (const rrsets of state.records.values()) {
    for (const { value } of rrsets) {
      if (zoneOfRrset(state, value.name, value.type)?.value.apex !== apex) continue
      if (++count >= enough) return count
    }
  }
  return count
}

function countEndpoints(state: RegistryState): number {
  let count = 0
  for (const used of state.clusterUse.values()) count += used
  return count
}

function add(counts: Map<Name, number>, key: Name): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
