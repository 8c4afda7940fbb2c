import { FORCED_MAX } from '../../shared/registry/limits.ts'
import type { Decision } from './decision.ts'
import { slowStartOf } from './decide-share.ts'
import { accept, reject } from './decision.ts'
import type { EndpointForce, UnforcedWhy } from './events.ts'
import { countForces } from './forces.ts'
import type { RegistryState } from './state.ts'

/** What can be wanted of the force on an endpoint. */
export type ForceCommand =
  | { readonly type: 'force-endpoint'; readonly force: EndpointForce }
  /** Of an endpoint that is not forced it changes nothing. */
  | {
      readonly type: 'unforce-endpoint'
      readonly app: string
      readonly cluster: string
      readonly why: UnforcedWhy
      /** When; what was forced down comes back slowly from then on, where its app wants that. */
      readonly atEpoch?: number
    }

/** As `decide`, of the commands about forces. */
export function decideForce(state: RegistryState, command: ForceCommand): Decision {
  const { app, cluster } = command.type === 'force-endpoint' ? command.force : command
  if (state.apps.get(app)?.endpoints.has(cluster) !== true) {
    return reject('not-found', `endpoint ${cluster} of app ${app} is not registered`)
  }
  const before = state.forced.get(app)?.get(cluster)
  if (command.type === 'unforce-endpoint') {
    if (before === undefined) return { ok: true, events: [] }
    const isDown = state.health.get(app)?.get(cluster)?.state === 'down'
    const comesBack = before.state === 'down' && !isDown && command.atEpoch !== undefined
    return accept(
      { type: 'endpoint-unforced', app, cluster, why: command.why },
      ...(comesBack ? slowStartOf(state, before, command.atEpoch) : []),
    )
  }
  const { force } = command
  // Who asks for what is so already does not take it over.
  const isSame =
    before?.state === force.state &&
    before.untilEpoch === force.untilEpoch &&
    before.reason === force.reason
  if (isSame) return { ok: true, events: [] }
  if (before === undefined && countForces(state) >= FORCED_MAX) {
    const detail = `there are ${FORCED_MAX} forced endpoints, no more are possible`
    return reject('too-many', detail)
  }
  return accept({ type: 'endpoint-forced', ...force })
}
