import { status } from '@grpc/grpc-js'
import type { Clock } from '../../shared/clock.ts'
import { parseName } from '../../shared/dns/name.ts'
import type { ResolverHandlers } from '../../shared/rpc/generated/meridian/v1/Resolver.ts'
import { zoneOf } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import { watchedNameMessage } from './messages.ts'
import type { GrpcMetrics } from './metrics.ts'
import type { WatchService } from './watch-service.ts'

/** The text of a name has at most four characters for each of 255 octets. */
const NAME_TEXT_MAX = 1_020

/** Answers the first question for a name, and has the asking edge's Watch hear of it from then on. */
export function createResolveService(options: {
  readonly registry: Registry
  readonly watch: WatchService
  readonly clock: Clock
  readonly metrics: GrpcMetrics
}): ResolverHandlers {
  const { registry, watch, clock, metrics } = options
  return {
    Resolve: (call, callback) => {
      const startedAt = clock.nowMs()
      const { name: text, session, sequence } = call.request
      const parsed = parseName(text.slice(0, NAME_TEXT_MAX + 1))
      if (!parsed.ok) {
        metrics.called('resolve', 'error', (clock.nowMs() - startedAt) / 1000)
        const details = `name ${JSON.stringify(text.slice(0, NAME_TEXT_MAX))} ${parsed.reason}`
        callback({ code: status.INVALID_ARGUMENT, details })
        return
      }
      const { name } = parsed
      const { state, version } = registry
      const inMesh = zoneOf(state, name) !== undefined
      const watched = inMesh && (watch.watcherOf(session)?.watch(name, sequence) ?? false)
      callback(null, {
        version,
        inMesh,
        watched,
        state: inMesh ? watchedNameMessage(state, name, version) : null,
      })
      metrics.called('resolve', 'ok', (clock.nowMs() - startedAt) / 1000)
    },
  }
}
