import type { Registry as MetricRegistry } from 'prom-client'
import { Counter, Histogram } from 'prom-client'
import { registerGauge } from '../../shared/metrics.ts'
import type { EdgeDirectory } from '../registry/edges.ts'

export const rpcMethods = ['resolve', 'dns_query'] as const
export const watchStarts = ['full', 'resume'] as const
export const watchMessages = ['state', 'change'] as const

/** Counts of the gRPC services. */
export interface GrpcMetrics {
  /** A unary call was answered. */
  called(method: (typeof rpcMethods)[number], code: 'ok' | 'error', seconds: number): void
  watchBegun(start: (typeof watchStarts)[number]): void
  watchRefused(): void
  watchSent(kind: (typeof watchMessages)[number]): void
}

export function createGrpcMetrics(register: MetricRegistry, edges: EdgeDirectory): GrpcMetrics {
  const registers = [register]
  const calls = new Histogram({
    name: 'meridian_central_rpc_duration_seconds',
    help: 'Time from a unary call to its answer, by method and whether it was answered.',
    labelNames: ['method', 'code'],
    buckets: [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1],
    registers,
  })
  const begun = new Counter({
    name: 'meridian_central_watch_starts_total',
    help: 'Watch streams that were begun, by whether the edge resumed or got the full state.',
    labelNames: ['start'],
    registers,
  })
  const refused = new Counter({
    name: 'meridian_central_watch_refused_total',
    help: 'Watch streams that were refused or cut off, because of a bound or a message that is wrong.',
    registers,
  })
  const sent = new Counter({
    name: 'meridian_central_watch_messages_total',
    help: 'Messages sent on Watch streams, by kind.',
    labelNames: ['kind'],
    registers,
  })
  registerGauge(register, {
    name: 'meridian_central_edges',
    help: 'Edges that are connected now.',
    collect: (add) => add({}, edges.size),
  })
  for (const start of watchStarts) begun.inc({ start }, 0)
  for (const kind of watchMessages) sent.inc({ kind }, 0)
  return {
    called: (method, code, seconds) => calls.observe({ method, code }, seconds),
    watchBegun: (start) => begun.inc({ start }),
    watchRefused: () => refused.inc(),
    watchSent: (kind) => sent.inc({ kind }),
  }
}
