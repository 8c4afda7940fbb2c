import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import type { Addon } from './addon.ts'
import { loadAddon } from './addon.ts'
import type { BatchMemory } from './batch-memory.ts'

export interface BatchSocketOptions {
  /** IPv4 or IPv6, `0.0.0.0` and `::` too, `fe80::1%eth0` with its zone; `::` takes no IPv4. */
  readonly address: string
  /** 0: the kernel chooses. */
  readonly port: number
  /** Whether other sockets that say so too may share the port; the kernel spreads the traffic. */
  readonly reusePort: boolean
  /** Asked of the kernel, which gives what it allows; 0: the system's default. */
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number
  /** Of this socket alone, until it is closed; the addon keeps it from being collected. */
  readonly memory: BatchMemory
}

/**
 * What became of an answer of `sendTo`: `full`: there was no room (EAGAIN, ENOBUFS, ENOMEM);
 * `closed`: the socket is closed; `refused`: ICMP, firewall, no route, a peer that cannot be.
 */
export type SendResult = 'sent' | 'full' | 'closed' | 'refused'

/** The addon. All of it may be called in any thread; each thread loads it for itself. */
export interface BatchSockets {
  /**
   * Opens a socket for this thread. Throws an Error with the kernel's `code` (`EADDRINUSE`) when the
   * system refuses, and a TypeError that names the argument when one is wrong.
   */
  open(options: BatchSocketOptions): BatchSocket
  /**
   * Lets the thread of the socket return from `turn` at once, or from its next wait. Returns whether
   * the socket is open. To be called before a thread is terminated, which waits for its `turn`.
   */
  wake(handle: number): boolean
  /**
   * Sends the first `length` octets of `wire` (1..65535) to a peer that was copied from the socket's
   * `peers`, from the address that it had asked. Never waits.
   */
  sendTo(
    handle: number,
    wire: Uint8Array,
    length: number,
    peers: Uint8Array,
    peerOffset: number,
  ): SendResult
}

export type BatchSocketsLoaded =
  | { readonly ok: true; readonly api: BatchSockets }
  | { readonly ok: false; readonly reason: string }

/** Loads the addon; `reason` says why it cannot be. Never throws. `file` is for its own test. */
export function loadBatchSockets(file?: string): BatchSocketsLoaded {
  const loaded = loadAddon(file)
  return loaded.ok ? { ok: true, api: createApi(loaded.addon) } : loaded
}

/** One UDP socket, for the thread that opened it. */
export class BatchSocket {
  /** Names the socket in `wake` and `sendTo`, in any thread; worth nothing once it is closed. */
  readonly handle: number
  /** The bound port. */
  readonly port: number
  readonly memory: BatchMemory
  readonly #addon: Addon

  constructor(addon: Addon, options: BatchSocketOptions) {
    const { memory } = options
    const opened = addon.open(
      options.address,
      memory.memory,
      options.port,
      memory.batch,
      memory.slotBytes,
      options.receiveBufferBytes,
      options.sendBufferBytes,
      options.reusePort ? 1 : 0,
    )
    if (typeof opened === 'number') {
      throw systemError('open', opened, ` ${options.address} port ${options.port}`)
    }
    this.handle = opened[0]
    this.port = opened[1]
    this.memory = memory
    this.#addon = addon
  }

  /**
   * Sends the answers of the first `count` datagrams of the last batch, then returns the number of
   * datagrams of the next one. Waits for it at most `timeoutMs` (0..60000); 0 when none came, and on
   * `wake` and on a signal. All answers are sent, or dropped and counted, before it returns: a full
   * send buffer is waited for at most 5 ms. Throws when the socket is closed, and an Error with a
   * `code` when it will never work again (EBADF); what passes (ICMP errors) is counted.
   */
  turn(count: number, timeoutMs: number): number {
    const received = this.#addon.turn(this.handle, count, timeoutMs)
    if (received < 0) throw systemError('receive', received, '')
    return received
  }

  /**
   * Closes at once; answers that were not given to `turn` are not sent. May be called again, and
   * while other threads call `sendTo` and `wake`. To lose nothing, `turn` until it gives 0 first.
   */
  close(): void {
    this.#addon.close(this.handle)
  }
}

function createApi(addon: Addon): BatchSockets {
  return {
    open: (options) => new BatchSocket(addon, options),
    wake: (handle) => addon.wake(handle),
    sendTo: (handle, wire, length, peers, peerOffset) =>
      sendResult(-addon.sendTo(handle, wire, length, peers, peerOffset)),
  }
}

const { EAGAIN, ENOBUFS, ENOMEM, EBADF } = constants.errno

function sendResult(errno: number): SendResult {
  if (errno === 0) return 'sent'
  if (errno === EBADF) return 'closed'
  return errno === EAGAIN || errno === ENOBUFS || errno === ENOMEM ? 'full' : 'refused'
}

/** An error as Node's own sockets throw: `code` is what `listenFailed` looks at. */
function systemError(what: string, errno: number, where: string): Error {
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`${what} ${code}${where}`), { code, errno })
}
