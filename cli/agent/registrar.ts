import { z } from 'zod'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Answer, Request } from '../client.ts'
import { RestClient } from '../client.ts'
import type { Target } from '../target.ts'

/** What a machine says of itself. */
export interface MachineBody {
  readonly app: string
  readonly cluster: string
  readonly machine: string
  readonly leaseSeconds: number
  readonly [key: string]: unknown
}

/** How a request to the centrals went. */
export type Registered =
  | { readonly ok: true; readonly url: string; readonly isNew: boolean; readonly version: number }
  | { readonly ok: false; readonly detail: string }

/** A central that does not answer is left for the next in so much of a lease. */
const DEADLINE_SHARE = 1 / 6
const DEADLINE_MIN_MS = 500
const DEADLINE_MAX_MS = 10_000
/** How long central waits for the edges to leave a machine out that goes. */
const LEAVE_WAIT_SECONDS = 3

const registeredSchema = z.object({ version: z.int() })

/**
 * Registers one machine at the first central that answers, beginning with the one that did the last time.
 * What a central refuses (4xx) is asked of no other: they all know the same.
 */
export class Registrar {
  readonly #fallback: readonly Central[]
  readonly #find: (() => Promise<readonly Target[]>) | undefined
  readonly #body: MachineBody
  readonly #deadlineMs: number
  #centrals: readonly Central[]
  /** Where those came from may say others by now. */
  #isStale = true
  #at = 0

  /** `find` tells of centrals that are tried before the given ones; asked again when none answers. */
  constructor(
    targets: readonly Target[],
    body: MachineBody,
    find?: () => Promise<readonly Target[]>,
  ) {
    this.#fallback = targets.map(centralOf)
    this.#centrals = this.#fallback
    this.#find = find
    this.#body = body
    const ms = Math.round(body.leaseSeconds * 1000 * DEADLINE_SHARE)
    this.#deadlineMs = Math.min(DEADLINE_MAX_MS, Math.max(DEADLINE_MIN_MS, ms))
  }

  /** Registers the machine, or renews its lease. */
  async register(): Promise<Registered> {
    const request: Request = {
      method: 'PUT',
      path: '/v1/register',
      body: this.#body,
      deadlineMs: this.#deadlineMs,
    }
    return this.#ask(request, ({ client }, answer) => {
      const { version } = client.read(registeredSchema, request, answer)
      return { isNew: answer.status === 201, version }
    })
  }

  /** Unregisters the machine; that it is not registered is as good. */
  async unregister(why: 'left' | 'unhealthy'): Promise<Registered> {
    const { app, cluster, machine } = this.#body
    const request: Request = {
      method: 'DELETE',
      path: '/v1/register',
      query: { app, cluster, machine, why, wait: 'edges', waitSeconds: LEAVE_WAIT_SECONDS },
      deadlineMs: this.#deadlineMs + LEAVE_WAIT_SECONDS * 1000,
    }
    return this.#ask(
      request,
      (_central, answer) => ({ isNew: false, version: Number(answer.version ?? 0) }),
      404,
    )
  }

  async #ask(
    request: Request,
    read: (
      central: { readonly client: RestClient },
      answer: Answer,
    ) => { readonly isNew: boolean; readonly version: number },
    alsoGood?: number,
  ): Promise<Registered> {
    let detail = (await this.#refresh()) ?? 'there is no central'
    for (let i = 0; i < this.#centrals.length; i++) {
      const at = (this.#at + i) % this.#centrals.length
      const central = this.#centrals[at]
      if (central === undefined) break
      try {
        const answer = await central.client.send(request)
        const isGood = answer.status >= 200 && answer.status < 300
        if (isGood || answer.status === alsoGood) {
          this.#at = at
          return { ok: true, url: central.url, ...read(central, answer) }
        }
        detail = central.client.refusal(request, answer).message
        if (answer.status < 500) return { ok: false, detail }
      } catch (err) {
        if (!(err instanceof MeridianError)) throw err
        detail = messageOf(err)
      }
    }
    this.#isStale = true
    return { ok: false, detail }
  }

  /** Looks for centrals anew where that is due; says why there are none. */
  async #refresh(): Promise<string | undefined> {
    if (this.#find === undefined || !this.#isStale) return undefined
    try {
      const found = await this.#find()
      this.#centrals = [...found.map(centralOf), ...this.#fallback]
      this.#at = 0
      this.#isStale = false
      return undefined
    } catch (err) {
      return `no central was found: ${messageOf(err)}`
    }
  }
}

interface Central {
  readonly url: string
  readonly client: RestClient
}

function centralOf(target: Target): Central {
  return { url: target.url, client: new RestClient(target) }
}
