import ipaddr from 'ipaddr.js'

/** What one batch socket reads and writes; all views are of one piece of shared memory. */
export interface BatchMemory {
  /** Datagrams in a batch at most. */
  readonly batch: number
  /** Room for one datagram, and for the answer in its place. */
  readonly slotBytes: number
  /** The whole piece, as the addon gets it. */
  readonly memory: Uint8Array
  /** Slot i begins at `i * slotBytes`. */
  readonly slots: Uint8Array
  /** The peer of slot i begins at `i * PEER_BYTES`. */
  readonly peers: Uint8Array
  /**
   * `[i]`: length of the datagram in slot i, or TRUNCATED_LENGTH. `[batch + i]`: length of the answer
   * to send from slot i, 0 for none; the addon sets it back to 0 when it has read it.
   */
  readonly lengths: Uint32Array
  /** In the order of `counterNames`; any thread may read them (`Atomics.load`). They only grow. */
  readonly counters: BigUint64Array
}

/**
 * What a batch socket counts.
 *
 * - `received`: datagrams taken from the kernel, truncated ones too.
 * - `sent`: answers that the kernel took, by `turn`; `sendTo` tells its caller instead.
 * - `sendDropped`: answers given up because there was no room to send (EAGAIN, ENOBUFS, ENOMEM).
 * - `sendErrors`: answers refused: ICMP, firewall, no route, port 0, longer than a slot.
 * - `truncated`: datagrams longer than a slot.
 * - `kernelDrops`: datagrams that the kernel had no room for in the socket, or found broken. Read
 *   every 64 batches, whenever nothing comes, and at `close`.
 * - `batches`: calls that gave at least one datagram.
 * - `polls`: waits.
 * - `receiveErrors`: errors that passed, such as ICMP messages for an earlier answer.
 */
export const counterNames = [
  'received',
  'sent',
  'sendDropped',
  'sendErrors',
  'truncated',
  'kernelDrops',
  'batches',
  'polls',
  'receiveErrors',
] as const

export type CounterName = (typeof counterNames)[number]

/** The length of a datagram that was longer than its slot, which holds its beginning. */
export const TRUNCATED_LENGTH = 0xff_ff_ff_ff

/**
 * A peer: who sent a datagram, and the local address that it was sent to. It can be copied and posted
 * to another thread, which answers with `sendTo`.
 */
export const PEER_BYTES = 64

/** Where a peer has the sender's port: two octets, in network order. */
const PEER_PORT_AT = 2

/** Where a peer of an IPv4 socket has the sender's address: 4 octets. */
const PEER_IPV4_AT = 4

/** Where a peer of an IPv6 socket has the sender's address: 16 octets. */
const PEER_IPV6_AT = 8

/** Creates the memory of one batch socket, zeroed. Throws RangeError on sizes that are no lengths. */
export function createBatchMemory(batch: number, slotBytes: number): BatchMemory {
  const peersAt = aligned(batch * slotBytes)
  const lengthsAt = peersAt + batch * PEER_BYTES
  const countersAt = lengthsAt + aligned(2 * batch * Uint32Array.BYTES_PER_ELEMENT)
  const countersBytes = counterNames.length * BigUint64Array.BYTES_PER_ELEMENT
  // Whole cache lines, so that what another thread writes next to it does not slow this one down.
  const buffer = new SharedArrayBuffer(countersAt + aligned(countersBytes))
  return {
    batch,
    slotBytes,
    memory: new Uint8Array(buffer),
    slots: new Uint8Array(buffer, 0, batch * slotBytes),
    peers: new Uint8Array(buffer, peersAt, batch * PEER_BYTES),
    lengths: new Uint32Array(buffer, lengthsAt, 2 * batch),
    counters: new BigUint64Array(buffer, countersAt, counterNames.length),
  }
}

/** Returns the counters as they are now; from any thread. */
export function readCounters({ counters }: BatchMemory): Record<CounterName, number> {
  const read = (name: CounterName): number =>
    Number(Atomics.load(counters, counterNames.indexOf(name)))
  return {
    received: read('received'),
    sent: read('sent'),
    sendDropped: read('sendDropped'),
    sendErrors: read('sendErrors'),
    truncated: read('truncated'),
    kernelDrops: read('kernelDrops'),
    batches: read('batches'),
    polls: read('polls'),
    receiveErrors: read('receiveErrors'),
  }
}

/** Who a peer is, in text: for a miss, a log, a metric. */
export interface Sender {
  readonly family: 4 | 6
  /** As RFC 5952 wants it, without a zone. */
  readonly address: string
  readonly port: number
}

/** Returns the sender of the peer at `offset`; family 4 or 6 as its socket's. */
export function readSender(peers: Uint8Array, offset: number, family: 4 | 6): Sender {
  const at = senderOctetsAt(offset, family)
  const octets = [...peers.subarray(at, at + (family === 4 ? 4 : 16))]
  const port = ((peers[offset + PEER_PORT_AT] ?? 0) << 8) | (peers[offset + PEER_PORT_AT + 1] ?? 0)
  return { family, address: ipaddr.fromByteArray(octets).toString(), port }
}

/** Where the peer at `offset` has its sender's octets; family 4 or 6 as its socket's. */
export function senderOctetsAt(offset: number, family: 4 | 6): number {
  return offset + (family === 4 ? PEER_IPV4_AT : PEER_IPV6_AT)
}

/** The parts of the memory begin at multiples of 64 bytes: batch.c counts in the same way. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
