import type { Query } from '../query/query.ts'
import { STICKY_BUCKETS } from '../table/layout.ts'
import type { LocationHandle } from './location-layout.ts'
import { LocationReader } from './location-reader.ts'
import type { Sender } from './sender.ts'

/** What a thread needs to locate clients; can be sent to a worker. */
export interface ClientHandles {
  readonly locations: LocationHandle
  /** Senders whose word for the client's subnet is taken, as location 1; undefined for nobody. */
  readonly trusted: LocationHandle | undefined
  /** How much of a client's address is looked at, in bits: no more is needed, and none of it is kept. */
  readonly ipv4Bits: number
  readonly ipv6Bits: number
}

/**
 * Finds out where the client of a query is: by the subnet that a trusted sender tells (RFC 7871), else by
 * the address that the query came from. Allocates nothing. One for a thread; used in batches of the
 * answer table only, whose writer waits for them.
 */
export class ClientLocator {
  /** Set by `locate`: the number of the client's place, 0 where nothing is known. */
  location = 0
  /** Set by `locate`: length of the prefix all of whose addresses have this place. */
  scope = 0
  /** Set by `locate`: of the client's prefix, 0 to STICKY_BUCKETS - 1. */
  bucket = 0
  /** Set by `locate`: length of the client's prefix, as far as it was looked at. */
  prefixBits = 0
  readonly #handles: ClientHandles
  readonly #locations: LocationReader
  readonly #trusted: LocationReader | undefined
  readonly #address = new Uint8Array(16)

  constructor(handles: ClientHandles) {
    this.#handles = handles
    this.#locations = new LocationReader(handles.locations)
    this.#trusted = handles.trusted && new LocationReader(handles.trusted)
  }

  /** Whether the query tells the subnet of its client, and the sender's word for it is taken. */
  isTold(q: Query, sender: Sender): boolean {
    if (q.ecsAt === 0 || this.#trusted === undefined) return false
    sender.read()
    this.#trusted.locateOctets(sender.octets, sender.at, sender.family)
    return this.#trusted.number !== 0
  }

  /** Locates the client. `isTold`: as the method of that name gave it. */
  locate(q: Query, sender: Sender, isTold: boolean): void {
    const { ipv4Bits, ipv6Bits } = this.#handles
    // RFC 7871 §7.1.2: with a SOURCE PREFIX-LENGTH of 0 the client wants nothing to be made of its
    // address; that of the sender tells no more than a query without the option.
    if (isTold && q.ecsSource > 0) {
      this.locateSubnet(q.wire, q.ecsAt, q.ecsFamily, q.ecsSource)
      return
    }
    sender.read()
    this.#locations.locateOctets(sender.octets, sender.at, sender.family)
    const bits = sender.family === 4 ? ipv4Bits : ipv6Bits
    this.#take(sender.octets, sender.at, (bits + 7) >> 3, bits)
    this.#set(sender.family, bits)
    this.scope = 0
    this.prefixBits = 0
  }

  /** Locates a subnet of so many bits, whose octets stand at `at`: as many as it has bits in. */
  locateSubnet(octets: Uint8Array, at: number, family: 4 | 6, source: number): void {
    const { ipv4Bits, ipv6Bits } = this.#handles
    const limit = family === 4 ? ipv4Bits : ipv6Bits
    const bits = source < limit ? source : limit
    this.#take(octets, at, (bits + 7) >> 3, bits)
    this.#locations.locateOctets(this.#address, 0, family)
    this.#set(family, bits)
    if (this.scope > limit) this.scope = limit
  }

  #set(family: 4 | 6, bits: number): void {
    this.location = this.#locations.number
    this.scope = this.#locations.scope
    this.prefixBits = bits
    this.bucket = bucketOf(this.#address, family)
  }

  /** Copies an address of so many octets, and clears what is beyond so many bits. */
  #take(octets: Uint8Array, at: number, count: number, bits: number): void {
    const address = this.#address
    // In bounds: an address has no more than 16 octets, and the caller has as many.
    for (let i = 0; i < 16; i++) address[i] = i < count ? (octets[at + i] ?? 0) : 0
    const rest = bits & 7
    if (rest !== 0) address[count - 1] = (address[count - 1] ?? 0) & (0xff00 >> rest)
  }
}

/** The same on all edges: FNV-1a, and the finalizer of murmur3, so that the low bits depend on all. */
function bucketOf(address: Uint8Array, family: 4 | 6): number {
  let hash = 0x811c_9dc5 ^ family
  const octets = family === 4 ? 4 : 16
  for (let i = 0; i < octets; i++) hash = Math.imul(hash ^ (address[i] ?? 0), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) & (STICKY_BUCKETS - 1)
}
