import { LoadKeeper } from '../../central/load/keeper.ts'
import { machineOf } from '../../central/model/machines.ts'
import { createAnswerRenewal } from '../../central/renewal/answer-renewal.ts'
import { RenewalKeys } from '../../central/renewal/keys.ts'
import { RenewalServer } from '../../central/renewal/server.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { BatchSocketsLoaded } from '../../shared/native/batch-socket.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import type { LeaseMesh, Way } from './lease-mesh.ts'
import { machines } from './lease-mesh.ts'

/** The ways by datagrams: by the addon where it is there, and by node:dgram. */
export function datagramWays(mesh: LeaseMesh): readonly Way[] {
  const addon = loadBatchSockets()
  const none: BatchSocketsLoaded = { ok: false, reason: 'for comparison' }
  return [
    ...(addon.ok ? [datagramWay('datagrams, as agents do', mesh, addon)] : []),
    datagramWay('datagrams, by node:dgram', mesh, none),
  ]
}

/** Every machine has its key already. */
function datagramWay(
  what: string,
  { registry, keeper }: LeaseMesh,
  sockets: BatchSocketsLoaded,
): Way {
  const logger = createLogger('warn', {})
  const keys = new RenewalKeys(systemClock)
  const issued = machines.map((at) => {
    return keys.issue(at, { version: machineOf(registry.state, at)?.version })
  })
  const loads = new LoadKeeper({ registry, clock: systemClock, logger })
  const { answer } = createAnswerRenewal({ keys, machines: keeper, loads, logger })
  return {
    what,
    clients: 'lease-datagram-clients.ts',
    orders: { keys: issued },
    count: () => keeper.stats.renewals,
    serve: async () => {
      const listen = { address: '127.0.0.1', port: 0 }
      const server = new RenewalServer({ listen, keys, answer, logger, sockets })
      await server.start()
      return { port: server.address().port, stop: () => server.stop() }
    },
  }
}
