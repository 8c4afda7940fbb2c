import { FORCED_MAX } from '../../shared/registry/limits.ts'
import type { Decision } from './decision.ts'
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
    return accept({ type: 'endpoint-unforced', app, cluster, why: command.why })
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
