import { join } from 'node:path'
import { Registry as MetricRegistry } from 'prom-client'
import { systemClock } from '../shared/clock.ts'
import type { Logger } from '../shared/log.ts'
import { registerProcessMetrics } from '../shared/metrics.ts'
import type { Program } from '../shared/program.ts'
import { softwareName } from '../shared/software.ts'
import { startAll } from '../shared/startable.ts'
import { AuditStore } from './audit/audit-store.ts'
import { registerAuditMetrics } from './audit/metrics.ts'
import type { Bulletin } from './duty/bulletin.ts'
import { ownDuties, sharedDuties } from './duty/duties.ts'
import type { Duties } from './duty/duties.ts'
import { registerDutyMetrics } from './duty/metrics.ts'
import { createGrpcMetrics } from './grpc/metrics.ts'
import { GrpcServer } from './grpc/server.ts'
import { HealthKeeper } from './health/keeper.ts'
import { registerHealthMetrics, registerShareMetrics } from './health/metrics.ts'
import { ShareKeeper } from './health/share-keeper.ts'
import type { ReadyReport } from './http/context.ts'
import { createHttpServer } from './http/server.ts'
import { LatencyTable } from './latency/latency-table.ts'
import { registerLatencyMetrics } from './latency/metrics.ts'
import { LoadKeeper } from './load/keeper.ts'
import { registerLoadMetrics } from './load/metrics.ts'
import type { EventLog } from './log/event-log.ts'
import { KafkaBulletin } from './log/kafka/kafka-bulletin.ts'
import { openKafkaLog } from './log/kafka/kafka-log.ts'
import { registerKafkaLogMetrics } from './log/kafka/metrics.ts'
import { logFiles } from './log/log-files.ts'
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
import { OlderStates } from './registry/older-states.ts'
import { PastReader } from './registry/past.ts'
import { Registry } from './registry/registry.ts'
import { RegistrySnapshot } from './registry/snapshot.ts'
import { createRenewalServer } from './renewal/create.ts'
import { registerSourceMetrics } from './source/metrics.ts'
import { Sources } from './source/sources.ts'
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
  const opened = await openLog(config, logger)
  const { log, isDurable, whole, registerMetrics, readOnlyReason } = opened
  const olderStates = new OlderStates({
    folder: join(config.dataDir, 'snapshots'),
    log,
    logger: logger.child({ component: 'central/registry' }),
  })
  const snapshot = new RegistrySnapshot({
    file: join(config.dataDir, 'state.snapshot'),
    everyChanges: config.snapshotChanges,
    logger: logger.child({ component: 'central/registry' }),
    onWritten: (file, version) => olderStates.keep(file, version),
  })
  try {
    const base = isDurable ? await snapshot.read(log) : undefined
    const registry = new Registry({
      log,
      clock,
      guard: config.guard,
      ...(base === undefined ? {} : { base }),
    })
    const history = new History(registry.version)
    registry.onChange((touched) => history.push(touched))
    if (isDurable) {
      void snapshot.writeIfDue(registry)
      registry.onChange(() => void snapshot.writeIfDue(registry))
    }

    const register = new MetricRegistry()
    registerProcessMetrics(register, 'meridian_central_')
    registerRegistryMetrics(register, registry)
    registerMetrics(register)
    const duties = createDuties(opened, registry, logger)
    if (opened.bulletin !== undefined) registerDutyMetrics(register, duties, opened.bulletin)
    const edges = new EdgeDirectory()
    const keeper = new HealthKeeper({
      registry: duties.registry,
      clock,
      logger: logger.child({ component: 'central/health' }),
    })
    registerHealthMetrics(register, keeper)
    const shares = new ShareKeeper({
      registry: duties.registry,
      clock,
      logger: logger.child({ component: 'central/health' }),
    })
    registerShareMetrics(register, shares)
    const loads = new LoadKeeper({
      registry: duties.registry,
      clock,
      logger: logger.child({ component: 'central/load' }),
      onReport: duties.onReport,
    })
    registerLoadMetrics(register, loads)
    const latencies = new LatencyTable(registry)
    registerLatencyMetrics(register, latencies)
    registerOperatorMetrics(register, registry.state)
    const operating = {
      registry: duties.registry,
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
      isOnDuty: duties.isOn,
      onRenewed: duties.onRenewed,
    })
    registerMachineMetrics(register, registry.state, machines)
    const renewals = createRenewalServer(register, { config, machines, loads, clock, logger })
    const grpc = new GrpcServer({
      grpc: config.grpc,
      registry,
      history,
      edges,
      keeper: duties.share({ health: keeper, loads, machines }),
      latencies,
      answerDns: (wire) => answerQuery(registry.state, wire),
      clock,
      logger: logger.child({ component: 'central/grpc' }),
      metrics: createGrpcMetrics(register, edges),
    })
    const past = new PastReader({
      registry,
      clock,
      baseBefore: (version) => olderStates.before(version),
    })
    const audit = new AuditStore({
      file: isDurable ? join(config.dataDir, 'audit.sqlite') : ':memory:',
      clock,
      logger: logger.child({ component: 'central/audit' }),
    })
    registerAuditMetrics(register, audit)
    const sources = new Sources({
      options: config.sources,
      registry,
      isOnDuty: duties.isOn,
      clock,
      logger: logger.child({ component: 'central/source' }),
      random: Math.random,
    })
    registerSourceMetrics(register, sources.all)
    const http = createHttpServer({
      http: config.http,
      registry,
      edges,
      latencies,
      loads,
      machines,
      renewals,
      past,
      audit,
      sources: sources.all,
      logger,
      clock,
      metrics: async () => ({ contentType: register.contentType, body: await register.metrics() }),
      ready: () => readyReport(readOnlyReason()),
      software,
    })
    const stopServers = await startAll([
      duties,
      keeper,
      shares,
      loads,
      machines,
      expiry,
      maintenance,
      grpc,
      audit,
      ...(renewals === undefined ? [] : [renewals]),
      http,
      sources,
    ])
    logger.info(
      {
        version: registry.version,
        apps: registry.state.apps.size,
        grpc: grpc.address(),
        http: http.address(),
        renewals: renewals?.address(),
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
  /** Why writes are refused now; undefined when they are taken. */
  readonly readOnlyReason: () => string | undefined
  /** Where the other centrals are heard, with a log that others may write to. */
  readonly bulletin?: Bulletin
}

async function openLog(config: CentralOptions, logger: Logger): Promise<OpenedLog> {
  const { driver, kafka } = config.eventLog
  const isWritable = (): undefined => undefined
  if (driver === 'memory') {
    return {
      log: createMemoryLog(),
      isDurable: false,
      whole: Promise.resolve(),
      registerMetrics: () => undefined,
      readOnlyReason: isWritable,
    }
  }
  if (driver === 'kafka' && kafka !== undefined) {
    const log = await openKafkaLog({
      kafka,
      dataDir: config.dataDir,
      clock: systemClock,
      logger: logger.child({ component: 'central/log' }),
      random: Math.random,
    })
    return {
      log,
      isDurable: true,
      whole: Promise.resolve(),
      registerMetrics: (register) => registerKafkaLogMetrics(register, log),
      readOnlyReason: () => log.readOnlyReason,
      bulletin: new KafkaBulletin(kafka, logger.child({ component: 'central/duty' })),
    }
  }
  const log = beginSqliteLog(join(config.dataDir, logFiles.sqlite))
  return {
    log,
    isDurable: true,
    whole: log.whole,
    registerMetrics: (register) => registerLogMetrics(register, log),
    readOnlyReason: isWritable,
  }
}

function createDuties({ bulletin }: OpenedLog, registry: Registry, logger: Logger): Duties {
  if (bulletin === undefined) return ownDuties(registry)
  const child = logger.child({ component: 'central/duty' })
  return sharedDuties({ bulletin, registry, clock: systemClock, logger: child })
}

/** Central is ready while it can be read: edges depend on nothing else. */
function readyReport(readOnlyReason: string | undefined): ReadyReport {
  if (readOnlyReason === undefined) return { ready: true }
  return { ready: true, degraded: true, readOnly: readOnlyReason }
}
