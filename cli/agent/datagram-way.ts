import { z } from 'zod'
import { MeridianError } from '../../shared/errors.ts'
import { HANDLE_BYTES, SECRET_BYTES } from '../../shared/renewal/datagram.ts'
import type { Request, RestClient } from '../client.ts'
import { DatagramPause } from './datagram-pause.ts'
import type { DatagramOutcome } from './datagram-renewer.ts'
import { DatagramRenewer } from './datagram-renewer.ts'

/** The central that gave a key, and what the machine is registered at there. */
export interface KeyOrigin {
  readonly url: string
  readonly version: number
}

const keySchema = z.object({
  handle: z.hex().length(HANDLE_BYTES * 2),
  // RFC 4648 §5, without padding: 4 characters for each 3 octets begun.
  secret: z.base64url().length(Math.ceil((SECRET_BYTES * 4) / 3)),
  port: z.int().min(1).max(65_535),
})

/** The way by datagrams to the central that did it the last time: open while there is a key of it. */
export class DatagramWay {
  readonly #pause = new DatagramPause()
  #open: { readonly origin: KeyOrigin; readonly renewer: DatagramRenewer } | undefined

  /** Whose key there is. */
  get origin(): KeyOrigin | undefined {
    return this.#open?.origin
  }

  /** Renews the lease by datagram. Without a key it is silent at once; after anything but `renewed` there is none. */
  async renew(load: number | undefined, deadlineMs: number): Promise<DatagramOutcome> {
    if (this.#open === undefined) return 'silent'
    const outcome = this.#pause.take(await this.#open.renewer.renew(load, deadlineMs))
    if (outcome !== 'renewed') this.close()
    return outcome
  }

  /**
   * Asks a central for a key, after a registration or a renewal (`how`) over REST, unless it is not worth it.
   * That there is none is no failure: leases are renewed over REST.
   */
  async ask(
    how: 'registered' | 'renewed',
    client: Pick<RestClient, 'expect' | 'read'>,
    request: Request,
    origin: KeyOrigin,
  ): Promise<void> {
    if (this.#open !== undefined || !this.#pause.isOver(how)) return
    try {
      const key = client.read(keySchema, request, await client.expect(request))
      const renewer = new DatagramRenewer({ ...key, host: hostOf(origin.url) })
      this.#open = { origin, renewer }
    } catch (err) {
      if (!(err instanceof MeridianError)) throw err
      this.#pause.refuse()
    }
  }

  /** Forgets the key. */
  close(): void {
    this.#open?.renewer.close()
    this.#open = undefined
  }
}

/** The host of a URL; brackets are of URLs (RFC 3986 §3.2.2), addresses have none. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
}
