import { assertNever } from '../../shared/errors.ts'
import type { Decision } from './decision.ts'
import { accept } from './decision.ts'
import type { EndpointLoad, EndpointWithheld, RegionWithheld, RegistryEvent } from './events.ts'
import type { RegistryState } from './state.ts'

/** What central makes of loads and of health. Of what is gone they say nothing. */
export type ShareCommand =
  | { readonly type: 'put-load'; readonly load: EndpointLoad }
  | { readonly type: 'put-withheld'; readonly withheld: EndpointWithheld }
  | { readonly type: 'put-region-withheld'; readonly withheld: RegionWithheld }

/** What is withheld of an endpoint at the begin of its slow start, in percent. */
export const SLOW_START_WITHHELD_PERCENT = 80

/** As `decide`, of the commands about shares. */
export function decideShare(state: RegistryState, command: ShareCommand): Decision {
  switch (command.type) {
    case 'put-load': {
      const { app, cluster, load } = command.load
      const before = state.loads.get(app)?.get(cluster)?.load
      if (!hasEndpoint(state, app, cluster) || before === load) return accept()
      const told = load === undefined ? {} : { load }
      return accept({ type: 'endpoint-load', app, cluster, ...told })
    }
    case 'put-withheld': {
      const { withheld } = command
      const { app, cluster, percent } = withheld
      const before = state.withheld.get(app)?.get(cluster)?.percent ?? 0
      if (!hasEndpoint(state, app, cluster) || before === percent) return accept()
      return accept({ type: 'endpoint-withheld', ...withheld })
    }
    case 'put-region-withheld': {
      const { withheld } = command
      const { app, region, percent } = withheld
      const before = state.regions.get(app)?.get(region)?.percent ?? 0
      if (!state.apps.has(app) || before === percent) return accept()
      return accept({ type: 'region-withheld', ...withheld })
    }
    default:
      return assertNever(command)
  }
}

/** The event that begins the slow start of an endpoint that was down; none where its app has none. */
export function slowStartOf(
  state: Pick<RegistryState, 'apps'>,
  { app, cluster }: { readonly app: string; readonly cluster: string },
  sinceEpoch: number,
): readonly RegistryEvent[] {
  if ((state.apps.get(app)?.value.health?.slowStartSeconds ?? 0) === 0) return []
  const percent = SLOW_START_WITHHELD_PERCENT
  return [{ type: 'endpoint-withheld', app, cluster, percent, sinceEpoch }]
}

function hasEndpoint(state: RegistryState, app: string, cluster: string): boolean {
  return state.apps.get(app)?.endpoints.has(cluster) === true
}
