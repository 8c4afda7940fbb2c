import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { createLogger } from '../../shared/log.ts'
import type { QueryHandler } from '../listen/listener.ts'
import { SharedBudgetMembers } from '../listen/shared-budget.ts'
import { TableWriter } from '../table/writer.ts'
import { StreamListener } from './stream-listener.ts'

export interface StreamFixtureOptions {
  readonly listen?: SocketAddress
  readonly threads?: number
  readonly drainMs?: number
  readonly idleTimeoutMs?: number
  readonly inFlightMax?: number
  readonly budget?: SharedBudgetMembers
  readonly table?: TableWriter
}

/** A listener over stream threads with what a test does not care for. */
export function openStreamListener(
  handler: QueryHandler,
  options: StreamFixtureOptions = {},
): StreamListener {
  const { threads = 1, drainMs = 10_000, idleTimeoutMs = 10_000, inFlightMax = 100 } = options
  return new StreamListener(
    {
      listen: options.listen ?? { address: '127.0.0.1', port: 0 },
      threads,
      limits: { idleTimeoutMs, inFlightMax, drainMs },
      budget: options.budget ?? new SharedBudgetMembers(threads, { max: 100, perClientMax: 100 }),
      table: options.table ?? new TableWriter({ maxBytes: 4 * 1024 * 1024 }),
      nsid: Buffer.from('sfo'),
      clients: undefined,
      logger: createLogger('silent', {}),
    },
    handler,
  )
}
