import { join } from 'node:path'
import { Registry as MetricRegistry, collectDefaultMetrics } from 'prom-client'
import { systemClock } from '../shared/clock.ts'
import type { Logger } from '../shared/log.ts'
import type { Program } from '../shared/program.ts'
import { softwareName } from '../shared/software.ts'
import { startAll } from '../shared/startable.ts'
import { createGrpcMetrics } from './grpc/metrics.ts'
import { GrpcServer } from './grpc/server.ts'
import { HealthKeeper } from './health/keeper.ts'
import { registerHealthMetrics, registerShareMetrics } from './health/metrics.ts'
import { ShareKeeper } from './health/share-keeper.ts'
import { createHttpServer } from './http/server.ts'
import { LatencyTable } from './latency/latency-table.ts'
import { registerLatencyMetrics } from './latency/metrics.ts'
import { LoadKeeper } from './load/keeper.ts'
import { registerLoadMetrics } from './load/metrics.ts'
import type { EventLog } from './log/event-log.ts'
import { createMemoryLog } from './log/memory-log.ts'
import { beginSqliteLog } from './log/sqlite-log.ts'
import { MachineKeeper } from './machines/keeper.ts'
import { registerMachineMetrics } from './machines/metrics.ts'
import { registerLogMetrics, registerRegistryMetrics } from './metrics.ts'
import type { CentralOptions } from './options.ts'
import { DueChanges } from './operators/due-changes.ts'
import { forceExpiry } from './operators/expiry.ts'
import { maintenanceTimes } from './operators/maintenance.ts'
import { registerOperatorMetrics } from './operators/metrics.ts'
import { EdgeDirectory } from './registry/edges.ts'
import { History } from './registry/history.ts'
import { Registry } from './registry/registry.ts'
import { RegistrySnapshot } from './registry/snapshot.ts'
import { answerQuery } from './zone/answer.ts'

/** Wires the parts of central together. The log is opened by `start`. */
export function createCentral(config: CentralOptions, logger: Logger): Program {
  let stopParts = (): Promise<void> => Promise.resolve()
  return {
    start: async () => {
      stopParts = await startCentral(config, logger)
    },
    stop: () => stopParts(),
    // Nothing that was acknowledged waits for anything: whoever is cut off asks again.
    abort: () => undefined,
  }
}

async function startCentral(config: CentralOptions, logger: Logger): Promise<() => Promise<void>> {
  const clock = systemClock
  const software = softwareName()
  const startedAt = clock.nowMs()
  const { log, isDurable, whole, registerMetrics } = openLog(config)
  const snapshot = new RegistrySnapshot({
    file: join(config.dataDir, 'state.snapshot'),
    everyChanges: config.snapshotChanges,
    logger: logger.child({ component: 'central/registry' }),
  })
  try {
    const base = isDurable ? await snapshot.read(log) : undefined
    const registry = new Registry({ log, clock, ...(base === undefined ? {} : { base }) })
    const history = new History(registry.version)
    registry.onChange((touched) => history.push(touched))
    if (isDurable) {
      void snapshot.writeIfDue(registry)
      registry.onChange(() => void snapshot.writeIfDue(registry))
    }

    const register = new MetricRegistry()
    collectDefaultMetrics({ register, prefix: 'meridian_central_' })
    registerRegistryMetrics(register, registry)
    registerMetrics(register)
    const edges = new EdgeDirectory()
    const keeper = new HealthKeeper({
      registry,
      clock,
      logger: logger.child({ component: 'central/health' }),
    })
    registerHealthMetrics(register, keeper)
    const shares = new ShareKeeper({
      registry,
      clock,
      logger: logger.child({ component: 'central/health' }),
    })
    registerShareMetrics(register, shares)
    const loads = new LoadKeeper({
      registry,
      clock,
      logger: logger.child({ component: 'central/load' }),
    })
    registerLoadMetrics(register, loads)
    const latencies = new LatencyTable(registry)
    registerLatencyMetrics(register, latencies)
    registerOperatorMetrics(register, registry.state)
    const operating = {
      registry,
      clock,
      logger: logger.child({ component: 'central/operators' }),
    }
    const expiry = new DueChanges(forceExpiry, operating)
    const maintenance = new DueChanges(maintenanceTimes, operating)
    const machines = new MachineKeeper({
      registry,
      options: config.machines,
      clock,
      random: Math.random,
      logger: logger.child({ component: 'central/machines' }),
      foundDown: () => keeper.foundDown(),
    })
    registerMachineMetrics(register, registry.state, machines)
    const grpc = new GrpcServer({
      grpc: config.grpc,
      registry,
      history,
      edges,
      keeper,
      latencies,
      answerDns: (wire) => answerQuery(registry.state, wire),
      clock,
      logger: logger.child({ component: 'central/grpc' }),
      metrics: createGrpcMetrics(register, edges),
    })
    const http = createHttpServer({
      http: config.http,
      registry,
      edges,
      latencies,
      loads,
      machines,
      logger,
      clock,
      metrics: async () => ({ contentType: register.contentType, body: await register.metrics() }),
      ready: () => ({ ready: true }),
      software,
    })
    const stopServers = await startAll([
      keeper,
      shares,
      loads,
      machines,
      expiry,
      maintenance,
      grpc,
      http,
    ])
    logger.info(
      {
        version: registry.version,
        apps: registry.state.apps.size,
        grpc: grpc.address(),
        http: http.address(),
        startMs: Math.round(clock.nowMs() - startedAt),
      },
      'central is up',
    )
    try {
      // Until here it told what it knows, and let writes wait.
      await whole
    } catch (err) {
      await stopServers()
      throw err
    }
    return async () => {
      await stopServers()
      await registry.settle()
      if (isDurable) await snapshot.write(registry)
      await log.close()
    }
  } catch (err) {
    await log.close()
    throw err
  }
}

/** The log, with its metrics where it has any. */
interface OpenedLog {
  readonly log: EventLog
  readonly isDurable: boolean
  /** As `SqliteLog.whole`. */
  readonly whole: Promise<void>
  readonly registerMetrics: (register: MetricRegistry) => void
}

function openLog(config: CentralOptions): OpenedLog {
  if (config.eventLog.driver === 'memory') {
    const whole = Promise.resolve()
    return { log: createMemoryLog(), isDurable: false, whole, registerMetrics: () => undefined }
  }
  const log = beginSqliteLog(join(config.dataDir, 'events.sqlite'))
  const registerMetrics = (register: MetricRegistry): void => registerLogMetrics(register, log)
  return { log, isDurable: true, whole: log.whole, registerMetrics }
}
