import { Registry as MetricRegistry } from 'prom-client'
import { systemClock } from '../shared/clock.ts'
import type { Logger } from '../shared/log.ts'
import { registerProcessMetrics } from '../shared/metrics.ts'
import type { Program } from '../shared/program.ts'
import type { Startable } from '../shared/startable.ts'
import { softwareName } from '../shared/software.ts'
import { startAll } from '../shared/startable.ts'
import { AdminServer } from './admin/server.ts'
import { Readiness } from './admin/readiness.ts'
import { AdmitStage } from './admit/stage.ts'
import { DataPlane } from './data/data-plane.ts'
import { DecisionLog } from './decisions/decision-log.ts'
import { registerDecisionMetrics } from './decisions/metrics.ts'
import { EdgeHealth } from './health/health.ts'
import { OwnVerdicts } from './health/own-verdicts.ts'
import { registerLatencyMetrics } from './latency/metrics.ts'
import { RoundTrips } from './latency/round-trips.ts'
import { createListeners } from './listen/listeners.ts'
import { registerListenMetrics } from './listen/metrics.ts'
import { QueryCounters } from './metrics.ts'
import type { EdgeOptions } from './options.ts'
import { Pipeline } from './pipeline.ts'
import { Clients } from './locate/clients.ts'
import { CentralClient } from './replica/central-client.ts'
import { registerLocationMetrics } from './locate/metrics.ts'
import { createReplicaMetrics } from './replica/metrics.ts'
import type { ReplicaMetrics } from './replica/metrics.ts'
import { Replica } from './replica/replica.ts'
import { Resolver } from './replica/resolver.ts'
import { ReplicaSnapshot } from './replica/snapshot.ts'
import { ReplicaSync } from './replica/sync.ts'
import { AppAnswers } from './steer/app-answers.ts'
import { explain } from './steer/explain.ts'
import { ForeseenChanges } from './steer/foreseen.ts'
import { SteerCounts } from './steer/metrics.ts'
import { TablePublisher } from './steer/publish.ts'
import { SteerStage } from './steer/stage.ts'
import { VersionAnswers } from './steer/version-answers.ts'
import { ownClusterOf, readTopologyFile } from './topology-file.ts'

/** Wires the parts of an edge together. Throws when the config cannot be, before anything starts. */
export function createEdge(config: EdgeOptions, logger: Logger): Program {
  const clock = systemClock
  const software = softwareName()
  const clusters = readTopologyFile(config.topology)
  const own = ownClusterOf(clusters, config.cluster, config.topology)
  const register = new MetricRegistry()
  registerProcessMetrics(register, 'meridian_edge_')

  const client = new CentralClient(config.central, {
    clock,
    random: Math.random,
    logger: logger.child({ component: 'edge/replica' }),
  })
  const replica: Replica = new Replica({
    kind: config.replica.kind,
    own,
    clusters,
    namesMax: config.replica.namesMax,
    clock,
    onEvict: (name) => sync.forgetName(name),
  })
  const sync: ReplicaSync = new ReplicaSync({
    edgeId: config.id,
    clusterId: config.cluster,
    software,
    adminUrl: () => admin.url,
    client,
    replica,
    maxLostPercent: config.replica.maxLostPercent,
    clock,
    random: Math.random,
    logger: logger.child({ component: 'edge/replica' }),
    metrics: () => metrics,
    onSession: (session) => health.session(session),
    onceServed: (callback) => publisher.onceServed(callback),
  })
  const metrics: ReplicaMetrics = createReplicaMetrics(register, replica, () => sync.isConnected)
  const resolver =
    config.replica.kind === 'full'
      ? undefined
      : new Resolver({
          client,
          replica,
          sync,
          timeoutMs: config.central.resolveTimeoutMs,
          clock,
          logger: logger.child({ component: 'edge/replica' }),
          metrics: () => metrics,
        })
  const snapshot = new ReplicaSnapshot({
    dataDir: config.dataDir,
    replica,
    intervalMs: config.replica.snapshotSeconds * 1000,
    clock,
    random: Math.random,
    logger: logger.child({ component: 'edge/replica' }),
    metrics: () => metrics,
  })

  const steerCounts = new SteerCounts()
  steerCounts.register(register)
  const verdicts = new OwnVerdicts()
  const answers = new AppAnswers({
    counts: steerCounts,
    own: verdicts,
    random: Math.random,
    places: () => clients.locations,
  })
  const nsid = Buffer.from(config.id)
  const decisions = createDecisionLog(config, replica, logger)
  registerDecisionMetrics(register, decisions)
  const dataPlane = new DataPlane({
    listen: config.listen,
    table: config.table,
    nsid,
    clients: () => clients.handles,
    samples: decisions,
    clock,
    logger: logger.child({ component: 'edge/data' }),
  })
  dataPlane.registerMetrics(register)
  const { table } = dataPlane
  const clients: Clients = new Clients({
    clients: config.clients,
    replica,
    quiescence: table,
    clock,
    logger: logger.child({ component: 'edge/locate' }),
  })
  const tick = (nowSeconds: number): void => dataPlane.tick(nowSeconds)
  registerLocationMetrics(register, clients.locations)
  const publishing = { replica, table, answers, counts: steerCounts, own: verdicts, clock, tick }
  const publisher: TablePublisher = new TablePublisher(publishing)
  clients.locations.onStaged(() => publisher.placesChanged(() => void clients.locations.commit()))
  const foreseen = new ForeseenChanges({ replica, clock })
  const parts: Startable[] = [dataPlane, publisher, clients, foreseen]
  if (decisions !== undefined) parts.unshift(decisions)
  const versions = new VersionAnswers(config.zones.versionFrom)
  const counters = new QueryCounters()
  counters.addThreads(() => dataPlane.counts())
  counters.register(register)
  const pipeline = new Pipeline({
    stages: [
      new AdmitStage({ identity: config.id, version: config.version ?? software }),
      new SteerStage({ replica, resolver, clock, answers, versions }),
    ],
    answer: { nsid },
    locator: clients.locator,
    counters,
    clock,
    logger: logger.child({ component: 'edge/pipeline' }),
  })
  const handle = decisions?.watch(pipeline.handle) ?? pipeline.handle
  const { createUdp, createTcp } = dataPlane
  const listeners = createListeners(config.listen, handle, clock, {
    atOnce: dataPlane.tableFirst(),
    ...(createUdp && { udp: (listen) => createUdp(listen, handle) }),
    ...(createTcp && { tcp: (listen) => createTcp(listen, handle) }),
  })
  registerListenMetrics(register, () => listeners.all)

  const health: EdgeHealth = new EdgeHealth({
    options: config.health,
    open: () => client.checkHealth(),
    own: verdicts,
    onChange: (name) => replica.touch(name),
    clock,
    random: Math.random,
    logger: logger.child({ component: 'edge/health' }),
    register,
  })
  const roundTrips = new RoundTrips({
    options: config.latency,
    clock,
    random: Math.random,
    onChange: (published) => {
      health.reportRoundTrips(published)
      replica.measured(published)
    },
  })
  registerLatencyMetrics(register, roundTrips)
  roundTrips.follow(replica.tables.topology)
  replica.onChange(() => roundTrips.follow(replica.tables.topology))
  const explaining = { edgeId: config.id, replica, resolver, clock, own: verdicts }
  const readiness = new Readiness(replica, sync, dataPlane.mode)
  const admin: AdminServer = new AdminServer({
    admin: config.admin,
    readiness,
    metrics: register,
    explain: (name, qtype, prefix) =>
      explain(explaining, name, qtype, prefix && clients.locate(prefix)),
  })

  let stopParts = (): Promise<void> => Promise.resolve()
  return {
    // The data threads load while the snapshot is read. The snapshot before the sockets: the first
    // query finds all that the edge knew. The admin HTTP before the stream to central, which tells
    // where it is.
    start: async () => {
      stopParts = await startAll([...parts, snapshot, admin, health, sync, listeners, roundTrips])
      readiness.isListening = true
      logger.info(
        {
          dns: listeners.all.map((listener) => ({
            transport: listener.transport,
            ...listener.address(),
          })),
          admin: admin.url,
          ...dataPlane.mode,
        },
        'edge is up',
      )
    },
    stop: async () => {
      readiness.isListening = false
      await stopParts()
    },
    abort: () => listeners.abort(),
  }
}

/** Undefined where nothing is to be sampled. */
function createDecisionLog(
  { id, decisions }: EdgeOptions,
  replica: Replica,
  logger: Logger,
): DecisionLog | undefined {
  const { log: file, perSecond, maxBytes } = decisions
  if (file === undefined || perSecond === 0) return undefined
  return new DecisionLog({
    file,
    perSecond,
    maxBytes,
    edge: id,
    replica,
    clock: systemClock,
    logger: logger.child({ component: 'edge/decisions' }),
  })
}
