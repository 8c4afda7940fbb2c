import type { Registry as MetricRegistry } from 'prom-client'
import { Counter, Histogram } from 'prom-client'
import { registerGauge } from '../../shared/metrics.ts'
import { FullNames } from './full-names.ts'
import type { Replica } from './replica.ts'

export const resolveResults = ['app', 'nodata', 'nxdomain', 'not-in-mesh', 'failed'] as const
export type ResolveResult = (typeof resolveResults)[number]

export const rejectReasons = ['invalid', 'old-version', 'protocol', 'lost-much'] as const
export type RejectReason = (typeof rejectReasons)[number]

export const snapshotResults = ['written', 'failed', 'restored', 'refused'] as const
export type SnapshotResult = (typeof snapshotResults)[number]

/** Counts of the replica; also read by tests to prove that a known name asks nobody. */
export interface ReplicaMetrics {
  resolved(result: ResolveResult, seconds: number): void
  /** A question waited for one that was under way already. */
  coalesced(): void
  connected(): void
  disconnected(): void
  rejected(reason: RejectReason): void
  stateReplaced(): void
  /** In seconds, since central accepted the change and since it sent it; undefined where it did not say. */
  changed(sinceAccepted: number | undefined, sinceSent: number | undefined): void
  snapshot(result: SnapshotResult): void
}

export function createReplicaMetrics(
  register: MetricRegistry,
  replica: Replica,
  isConnected: () => boolean,
): ReplicaMetrics {
  const registers = [register]
  const counter = <L extends string>(
    name: string,
    help: string,
    labelNames: L[] = [],
  ): Counter<L> => new Counter({ name, help, labelNames, registers })

  const resolves = new Histogram({
    name: 'meridian_edge_replica_resolve_duration_seconds',
    help: 'Time that questions to central took, by result.',
    labelNames: ['result'],
    buckets: [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  })
  const coalesced = counter(
    'meridian_edge_replica_resolve_coalesced_total',
    'Queries that waited for a question to central that another query had asked.',
  )
  const connects = counter(
    'meridian_edge_replica_connects_total',
    'Times that the Watch stream to a central was opened.',
  )
  const disconnects = counter(
    'meridian_edge_replica_disconnects_total',
    'Times that the Watch stream ended or could not be opened.',
  )
  const rejects = counter(
    'meridian_edge_replica_rejects_total',
    'Times that the edge kept its state because of what a central said, by reason.',
    ['reason'],
  )
  const changes = counter(
    'meridian_edge_replica_changes_total',
    'States and changes that were applied.',
    ['kind'],
  )
  const propagation = new Histogram({
    name: 'meridian_edge_replica_propagation_seconds',
    help: 'Time from central accepting a change to this edge answering by it, by the wall clocks.',
    buckets: [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  })
  const delivery = new Histogram({
    name: 'meridian_edge_replica_delivery_seconds',
    help: 'Time from central sending a change to this edge answering by it, by the wall clocks.',
    buckets: [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  })
  const snapshots = counter(
    'meridian_edge_replica_snapshots_total',
    'Snapshot files that were written, could not be, were restored from, or were refused.',
    ['result'],
  )
  const gauge = (name: string, help: string, value: () => number): void => {
    registerGauge(register, { name, help, collect: (add) => add({}, value()) })
  }
  gauge(
    'meridian_edge_replica_version',
    "Version of central's state that the edge answers by.",
    () => replica.tables.version,
  )
  gauge(
    'meridian_edge_replica_names',
    'Names that the edge holds.',
    () => replica.tables.names.size,
  )
  gauge(
    'meridian_edge_replica_packed_bytes',
    'Memory of the apps that a full replica holds in packed form; 0 for a replica on demand.',
    () => {
      const { names } = replica.tables
      return names instanceof FullNames ? names.packedBytes : 0
    },
  )
  gauge(
    'meridian_edge_replica_clusters',
    'Clusters in the topology.',
    () => replica.tables.clusters.size,
  )
  gauge(
    'meridian_edge_replica_networks',
    'Networks of clients.',
    () => replica.tables.networks.size,
  )
  gauge('meridian_edge_replica_zones', 'Zones of the mesh.', () => replica.tables.zones.size)
  gauge('meridian_edge_replica_connected', 'Whether the Watch stream is up.', () =>
    isConnected() ? 1 : 0,
  )
  for (const reason of rejectReasons) rejects.inc({ reason }, 0)
  for (const result of snapshotResults) snapshots.inc({ result }, 0)

  return {
    resolved: (result, seconds) => resolves.observe({ result }, seconds),
    coalesced: () => coalesced.inc(),
    connected: () => connects.inc(),
    disconnected: () => disconnects.inc(),
    rejected: (reason) => rejects.inc({ reason }),
    stateReplaced: () => changes.inc({ kind: 'state' }),
    changed: (sinceAccepted, sinceSent) => {
      changes.inc({ kind: 'change' })
      if (sinceAccepted !== undefined) propagation.observe(sinceAccepted)
      if (sinceSent !== undefined) delivery.observe(sinceSent)
    },
    snapshot: (result) => snapshots.inc({ result }),
  }
}
