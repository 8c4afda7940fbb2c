import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  onRequestHookHandler,
} from 'fastify'
import type { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { AuditStore } from '../audit/audit-store.ts'
import type { LatencyTable } from '../latency/latency-table.ts'
import type { LoadKeeper } from '../load/keeper.ts'
import type { MachineKeeper } from '../machines/keeper.ts'
import type { EdgeDirectory } from '../registry/edges.ts'
import type { PastReader } from '../registry/past.ts'
import type { Registry } from '../registry/registry.ts'
import type { RenewalServer } from '../renewal/server.ts'
import type { ShownSource } from '../source/kafka-source.ts'
import type { Followers } from './followers.ts'
import type { Problem } from './problem.ts'
import type { SortedKeys } from './sorted-keys.ts'
import type { Waits } from './wait.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the token that the request came with; empty where no token is wanted. */
    actor: string
    /** The body of a manifest as it came, before defaults; undefined elsewhere. */
    rawBody: unknown
    /** The version of the state when the request came. */
    versionMet: number
  }
  interface FastifyReply {
    /** What was answered in place of what was asked for; undefined where that was answered. */
    problem: Problem | undefined
  }
}

/**
 * Types requests by their schemas. Replies are left open, for a handler may answer with its view or with
 * a problem; the tests hold every answer against the published schema.
 */
export interface RequestTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  readonly serializer: unknown
}

/** The Fastify instance that routes are added to. */
export type HttpApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  RequestTypes
>

/** Whether central can do its work, with anything that explains it. Answered as it is. */
export interface ReadyReport {
  readonly ready: boolean
  readonly [detail: string]: unknown
}

/** A page of metrics in the form that Prometheus asks for. */
export interface MetricsPage {
  readonly contentType: string
  readonly body: string
}

/** What the routes need. */
export interface HttpContext {
  readonly registry: Registry
  readonly edges: EdgeDirectory
  readonly latencies: LatencyTable
  readonly loads: LoadKeeper
  readonly machines: MachineKeeper
  /** Gives keys for renewals by datagram; undefined where none are taken. */
  readonly renewals: Pick<RenewalServer, 'issue'> | undefined
  readonly past: PastReader
  readonly followers: Followers
  readonly audit: AuditStore
  readonly sources: readonly ShownSource[]
  readonly clock: Clock
  readonly metrics: () => Promise<MetricsPage>
  readonly ready: () => ReadyReport
  /** Name and version of this software. */
  readonly software: string
  /** The `onRequest` hook of every route that writes. */
  readonly requireToken: onRequestHookHandler
  readonly clusterIds: SortedKeys
  readonly networkIds: SortedKeys
  readonly apexes: SortedKeys
  readonly appNames: SortedKeys
  /** Apex of the zone that the routes of betterdns are of; undefined where there is none. */
  readonly defaultZone: Name | undefined
  /** Names with static records. */
  readonly recordNames: SortedKeys
  readonly waits: Waits
}
