import type { Clock } from '../../shared/clock.ts'
import { prefixText } from '../../shared/geo/prefix.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Replica, ReplicaUpdate } from '../replica/replica.ts'
import { ClientLocations } from './client-locations.ts'
import { ClientLocator } from './client-locator.ts'
import type { ClientHandles } from './client-locator.ts'
import { mayMove } from './may-move.ts'
import type { ClientsOptions } from './options.ts'
import type { ClientPlace } from './place.ts'
import type { Quiescence } from './quiescence.ts'
import { createTrustedSenders } from './trusted-senders.ts'

/** RFC 7871 §11.1 recommends these as the most of an address that is told: nothing needs more. */
const IPV4_BITS = 24
/** See IPV4_BITS. */
const IPV6_BITS = 56

/** A client, and what is known of its place. */
export interface LocatedClient {
  readonly prefix: string
  /** Bits of the widest prefix around it whose addresses are all at this place. */
  readonly scope: number
  /** Undefined where nothing is known. */
  readonly place: ClientPlace | undefined
  readonly bucket: number
}

export interface ClientsParts {
  readonly clients: ClientsOptions
  readonly replica: Replica
  /** When readers have left what they were in: the writer of the answer table. */
  readonly quiescence: Quiescence
  readonly clock: Clock
  readonly logger: Logger
}

/** Where the clients of this edge are: for the threads, for the control thread, and for people. */
export class Clients implements Startable {
  readonly locations: ClientLocations
  readonly handles: ClientHandles
  /** Of the control thread. */
  readonly locator: ClientLocator
  readonly #replica: Replica

  constructor({ clients, replica, quiescence, clock, logger }: ClientsParts) {
    this.#replica = replica
    this.locations = new ClientLocations({ clients, quiescence, clock, logger })
    const { trusted } = clients.ecs
    this.handles = {
      locations: this.locations.handle,
      trusted: trusted.length === 0 ? undefined : createTrustedSenders(trusted),
      ipv4Bits: IPV4_BITS,
      ipv6Bits: IPV6_BITS,
    }
    this.locator = new ClientLocator(this.handles)
    replica.onChange((update) => this.#follow(update))
  }

  start(): Promise<void> {
    return this.locations.start()
  }

  stop(): Promise<void> {
    return this.locations.stop()
  }

  /** Where the addresses of a prefix are: the first of them, if they are at several places. */
  locate(prefix: Prefix): LocatedClient {
    const octets = new Uint8Array(16)
    const view = new DataView(octets.buffer)
    prefix.words.forEach((word, i) => view.setUint32(4 * i, word))
    this.locator.locateSubnet(octets, 0, prefix.family, prefix.bits)
    const { location, scope, bucket } = this.locator
    return { prefix: prefixText(prefix), scope, place: this.locations.placeOf(location), bucket }
  }

  #follow(update: ReplicaUpdate): void {
    const { networks, clusters } = this.#replica.tables
    const hasMoved =
      update.is === 'state' || (update.is === 'change' && mayMove(update.change, networks.values()))
    if (hasMoved) this.locations.setNetworks(networks.values(), clusters)
  }
}
