import type { Registry as MetricRegistry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import type { Logger } from '../../shared/log.ts'
import type { LoadKeeper } from '../load/keeper.ts'
import type { MachineKeeper } from '../machines/keeper.ts'
import type { MachineOptions } from '../machines/options.ts'
import { createAnswerRenewal } from './answer-renewal.ts'
import { RenewalKeys } from './keys.ts'
import { registerRenewalMetrics } from './metrics.ts'
import { RenewalServer } from './server.ts'

/** Creates what takes renewals by datagram, with its metrics; undefined where none are wanted. */
export function createRenewalServer(
  register: MetricRegistry,
  parts: {
    readonly config: {
      readonly machines: Pick<MachineOptions, 'datagrams'>
      /** Datagrams go where REST is, unless it is said where else. */
      readonly http: { readonly listen: SocketAddress }
    }
    readonly machines: MachineKeeper
    readonly loads: LoadKeeper
    readonly clock: Clock
    readonly logger: Logger
  },
): RenewalServer | undefined {
  const { enabled, listen = parts.config.http.listen } = parts.config.machines.datagrams
  if (!enabled) return undefined
  const logger = parts.logger.child({ component: 'central/renewal' })
  const keys = new RenewalKeys(parts.clock)
  const { answer, counts } = createAnswerRenewal({ ...parts, keys, logger })
  const server = new RenewalServer({ listen, keys, answer, logger })
  registerRenewalMetrics(register, { counts, keys, server })
  return server
}
