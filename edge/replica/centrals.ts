import { formatCentralTarget } from '../../shared/rpc/bootstrap.ts'

/** A central that can be asked. */
export interface Central {
  /** `host:port`, for people. */
  readonly name: string
  /** What gRPC connects to. */
  readonly target: string
  /** The name that a certificate has to have, where the target has addresses in its place. */
  readonly host?: string
}

/** Which central is asked: one at a time, another when it fails. */
export interface Centrals {
  /** Undefined while none is known, or it is about to be another. */
  readonly current: Central | undefined
  /** Finds one, when there is none. Never rejects. */
  locate(): Promise<void>
  /** The present one takes calls. */
  reached(): void
  /** The present one does not take calls, or no more: it is another one's turn. */
  failed(): void
  /** Gives up what is under way. */
  stop(): void
}

/** Centrals by a list, in turn. */
export class ListedCentrals implements Centrals {
  readonly #addresses: readonly string[]
  #index = 0

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses
  }

  get current(): Central | undefined {
    const name = this.#addresses[this.#index % this.#addresses.length]
    return name === undefined ? undefined : { name, target: name }
  }

  locate(): Promise<void> {
    return Promise.resolve()
  }

  reached(): void {
    // It stays where it is until it fails.
  }

  failed(): void {
    this.#index++
  }

  stop(): void {
    // Nothing is ever under way.
  }
}

/** A central whose addresses were found: IPv4 where there are any, for gRPC takes one family at a time. */
export function centralAt(
  target: { readonly host: string; readonly port: number },
  { ipv4, ipv6 }: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] },
): Central {
  const { host, port } = target
  const name = formatCentralTarget(target)
  if (ipv4.length > 0) {
    return { name, host, target: `ipv4:${ipv4.map((address) => `${address}:${port}`).join(',')}` }
  }
  if (ipv6.length > 0) {
    return { name, host, target: `ipv6:${ipv6.map((address) => `[${address}]:${port}`).join(',')}` }
  }
  // gRPC asks the resolver of the system.
  return { name, target: name }
}
