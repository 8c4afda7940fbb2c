import type { Name } from '../../shared/dns/name.ts'
import type { Refusal } from './decision.ts'
import { reject } from './decision.ts'
import { endpointKey } from './machines.ts'
import { hasWildcard } from './records.ts'
import type { RegistryState } from './state.ts'

/** The refusal of a target that an endpoint cannot have. */
export function impossibleTarget(
  state: RegistryState,
  app: Name,
  cluster: string,
  target: Name,
): Refusal | undefined {
  const what = `endpoint ${cluster} of app ${app} has the target ${target}`
  // RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present"; an apex has
  // an SOA and NS records.
  if (state.zones.has(app)) {
    const detail = `${what}, but ${app} is the apex of a zone and can be no other name (CNAME): give it addresses`
    return reject('target-impossible', detail)
  }
  if (target === app) {
    return reject('target-impossible', `${what}, the name of the app itself: give it another one`)
  }
  const [beside] = state.records.get(app) ?? []
  if (beside !== undefined) {
    const detail = `${what}, but ${app} has ${beside.value.type} records, and a CNAME stands alone: delete them first`
    return reject('target-impossible', detail)
  }
  const machines = state.machines.get(endpointKey(app, cluster))?.size ?? 0
  if (machines === 0) return undefined
  const detail = `${what}, but ${machines} machines are registered there: they have to leave first`
  return reject('target-impossible', detail)
}

/** The refusal of a zone whose apex is the name of an app with targets, as in `impossibleTarget`. */
export function targetAtApex(state: RegistryState, apex: Name): Refusal | undefined {
  for (const { value } of state.apps.get(apex)?.endpoints.values() ?? []) {
    if (value.target === undefined) continue
    const what = `endpoint ${value.cluster} of app ${apex} has the target ${value.target}`
    const detail = `${what}, so that ${apex} cannot be the apex of a zone: give the endpoint addresses first`
    return reject('target-impossible', detail)
  }
  return undefined
}

/** The refusal of a new zone at an apex that cannot be one, or at which stand records that it cannot have. */
export function impossibleApex(state: RegistryState, apex: Name): Refusal | undefined {
  if (hasWildcard(apex)) {
    const detail = `zone ${apex} has a label *, which stands for other names: only records can have one`
    return reject('wildcard-impossible', detail)
  }
  for (const { value } of state.records.get(apex) ?? []) {
    if (value.type !== 'NS' && value.type !== 'CNAME') continue
    const detail = `${apex} has ${value.type} records, which the apex of a zone cannot have: delete them first`
    return reject('records-at-apex', detail)
  }
  return undefined
}
