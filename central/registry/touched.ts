import { isDeepStrictEqual } from 'node:util'
import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder, parentOf } from '../../shared/dns/name.ts'
import { assertNever } from '../../shared/errors.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import type { ChangeRecord } from '../model/events.ts'
import { machineOf } from '../model/machines.ts'
import type { RegistryState } from '../model/state.ts'
import { zoneOf } from '../model/state.ts'

/** The things that one change touched; what they are now is looked up when it is told. */
export interface Touched {
  readonly version: number
  readonly acceptedEpochMs: number
  readonly clusters: ReadonlySet<string>
  readonly zones: ReadonlySet<Name>
  /** Zones of which at least the serial has changed. */
  readonly serials: ReadonlySet<Name>
  /** Names of which the kind or the app may have changed. */
  readonly names: ReadonlySet<Name>
}

/** The policy that a zone, or the one above where it is new, gives to apps without one. */
function defaultPolicyAt(state: RegistryState, apex: Name): Policy | undefined {
  return zoneOf(state, apex)?.value.policy
}

/** Says what a change touched. `state` is the one before it. */
export function touchedBy(state: RegistryState, record: ChangeRecord): Touched {
  const clusters = new Set<string>()
  const zones = new Set<Name>()
  const serials = new Set<Name>()
  const names = new Set<Name>()

  // A name that comes or goes may turn those above it from NXDOMAIN to NODATA or back.
  const addWithAncestors = (name: Name): void => {
    for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) names.add(at)
  }
  const addSerialOf = (name: Name | undefined): void => {
    const zone = name === undefined ? undefined : zoneOf(state, name)
    if (zone !== undefined) serials.add(zone.value.apex)
  }

  for (const event of record.events) {
    switch (event.type) {
      case 'cluster-put':
        clusters.add(event.cluster.id)
        break
      case 'cluster-deleted':
        clusters.add(event.id)
        break
      case 'zone-put':
        zones.add(event.zone.apex)
        addWithAncestors(event.zone.apex)
        addSerialOf(parentOf(event.zone.apex))
        if (!isDeepStrictEqual(defaultPolicyAt(state, event.zone.apex), event.zone.policy)) {
          for (const app of state.apps.values()) {
            const { name, policy } = app.value
            if (policy === undefined && isAtOrUnder(name, event.zone.apex)) names.add(name)
          }
        }
        break
      case 'zone-deleted':
        zones.add(event.apex)
        addWithAncestors(event.apex)
        addSerialOf(parentOf(event.apex))
        break
      case 'app-put':
        if (state.apps.has(event.app.name)) names.add(event.app.name)
        else addWithAncestors(event.app.name)
        addSerialOf(event.app.name)
        break
      case 'app-deleted':
        addWithAncestors(event.name)
        addSerialOf(event.name)
        break
      case 'endpoint-put':
      case 'endpoint-deleted':
        names.add(event.app)
        addSerialOf(event.app)
        break
      case 'machine-registered':
      case 'machine-withdrawn':
        names.add(event.app)
        addSerialOf(event.app)
        break
      case 'machine-terminated':
        break
      case 'machine-unregistered':
        // One that is out already is in no answer.
        if (machineOf(state, event)?.out !== undefined) break
        names.add(event.app)
        addSerialOf(event.app)
        break
      case 'endpoint-health':
      case 'endpoint-forced':
      case 'endpoint-unforced':
        // No serial: the zone is what it was.
        names.add(event.app)
        break
      default:
        assertNever(event)
    }
  }
  return {
    version: record.version,
    acceptedEpochMs: record.atEpoch,
    clusters,
    zones,
    serials,
    names,
  }
}
