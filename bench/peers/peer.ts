import type { Cluster } from '../../shared/registry/schema.ts'
import type { Target } from '../client/udp-client.ts'
import type { BenchApp } from '../mesh/workload.ts'
import type { Usage } from '../process/usage.ts'

/** A DNS server that can be measured, ours or another. All of them serve with one thread. */
export interface Peer {
  readonly name: string
  /** `floor`: no server, but what the kernel costs; `edge`: ours; `other`: what ours is beside. */
  readonly kind: 'floor' | 'edge' | 'other'
  /** Whether it only passes on what the authority of the site answers. */
  readonly isForwarder?: boolean
  /** What it answers for every name; without it each name has the address of its own. */
  readonly fixedAddress?: string
  /** Looks for it on this machine, and builds it where it has to be built. */
  find(): Promise<Found>
  /** Starts it with nothing left of an earlier start, and waits until it answers. */
  start(site: Site): Promise<RunningPeer>
}

/** Whether a peer can be measured here; `missing` says what it lacks and how to get it. */
export type Found = { readonly version: string } | { readonly missing: string }

/** A peer that answers; whoever started it has to end it. */
export interface RunningPeer {
  readonly dns: Target
  /** CPU time and memory until now, of all its processes. */
  usage(): Usage
  end(): Promise<void>
}

/** What all peers are given alike. */
export interface Site {
  readonly clusters: readonly Cluster[]
  /** The names, each to be answered with its `nearest`. */
  readonly apps: readonly BenchApp[]
  readonly cpus: Cpus
  /** Serves the names to peers that only pass on what others answer; on the core of the load. */
  readonly authority?: Peer
}

/** The core of the server and that of the load; undefined where there is only one for both. */
export interface Cpus {
  readonly server: number | undefined
  readonly load: number | undefined
}
