import { createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { MACHINES_MAX } from '../../shared/registry/limits.ts'
import { HANDLE_BYTES, SECRET_BYTES } from '../../shared/renewal/datagram.ts'
import type { AsRegistered } from '../machines/renewal.ts'
import type { MachineKey } from '../model/events.ts'

/** Keys at once, with those of machines that have asked anew; beyond, the one unused for longest goes. */
const KEYS_MAX = 2 * MACHINES_MAX
/** A key that is not used for so long is gone: longer than any time between two renewals. */
const KEY_UNUSED_MAX_MS = 3_600_000

/** A key as its machine is told. */
export interface IssuedKey {
  /** 16 hex digits. */
  readonly handle: string
  /** 32 octets as base64url (RFC 4648 §5). */
  readonly secret: string
}

/** What central knows of a key. */
export interface RenewalKey {
  readonly at: MachineKey
  /** How the machine was registered when it got the key. */
  readonly as: AsRegistered
  readonly secret: KeyObject
  /** Of the last renewal that was genuine; -1 before the first. */
  sequence: number
}

/** The keys by which machines renew. They live in memory only: without its key a machine goes over REST. */
export class RenewalKeys {
  readonly #byHandle: LRUCache<string, RenewalKey>

  /** `keysMax` is for tests. */
  constructor(clock: Clock, keysMax: number = KEYS_MAX) {
    this.#byHandle = new LRUCache({
      max: keysMax,
      ttl: KEY_UNUSED_MAX_MS,
      updateAgeOnGet: true,
      // Else it sets a timer each time that it has asked the clock.
      ttlResolution: 0,
      perf: { now: () => clock.nowMs() },
    })
  }

  /** Keys that are held; those that are too old count until `purge`. */
  get size(): number {
    return this.#byHandle.size
  }

  /** Makes a key for a machine, as it is registered. */
  issue(at: MachineKey, as: AsRegistered): IssuedKey {
    // 64 bits of chance: no two are equal, and none is guessed by who does not see datagrams.
    const handle = randomBytes(HANDLE_BYTES)
    const secret = randomBytes(SECRET_BYTES)
    const { app, cluster, machine } = at
    this.#byHandle.set(handle.toString('latin1'), {
      at: { app, cluster, machine },
      as,
      // Once here: a MAC by a KeyObject takes a fifth of the time of one by octets.
      secret: createSecretKey(secret),
      sequence: -1,
    })
    return { handle: handle.toString('hex'), secret: secret.toString('base64url') }
  }

  /** The key of a handle (as octets in latin1), which lives for another hour. */
  find(handle: string): RenewalKey | undefined {
    return this.#byHandle.get(handle)
  }

  forget(handle: string): void {
    this.#byHandle.delete(handle)
  }

  /** Drops what is too old. Touches each key. */
  purge(): void {
    this.#byHandle.purgeStale()
  }
}
