import { z } from 'zod'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Answer, Request } from '../client.ts'
import { RestClient } from '../client.ts'
import type { Target } from '../target.ts'
import type { DatagramWay, KeyOrigin } from './datagram-way.ts'

/** What a machine says of itself. */
export interface MachineBody {
  readonly app: string
  readonly cluster: string
  readonly machine: string
  readonly addresses?: readonly string[]
  readonly leaseSeconds: number
  readonly [key: string]: unknown
}

/** How a request to the centrals went. */
export type Registered = Asked<number>

type Asked<Version> =
  | { readonly ok: true; readonly url: string; readonly isNew: boolean; readonly version: Version }
  | { readonly ok: false; readonly detail: string }

/** Finds centrals. Rejects when there are none. */
type FindCentrals = () => Promise<readonly Target[]>

export interface RegistrarOptions {
  /** Tells of centrals that are tried before the given ones; asked again when none answers. */
  readonly find?: FindCentrals | undefined
  /** Without it every renewal goes over REST. */
  readonly datagrams?: DatagramWay | undefined
}

/** A central that does not answer is left for the next in so much of a lease. */
const DEADLINE_SHARE = 1 / 6
const DEADLINE_MIN_MS = 500
const DEADLINE_MAX_MS = 10_000
/** What datagrams may take of that; the rest is for the renewal over REST that follows their silence. */
const DATAGRAMS_SHARE = 1 / 2
/** How long central waits for the edges to leave a machine out that goes. */
const LEAVE_WAIT_SECONDS = 3

/** Central does not have the machine. */
const NOT_REGISTERED = [404] as const
/** It does not have it, or has it otherwise: RFC 9110 §15.5.13, what the renewal goes by is not so any more. */
const REGISTER_ANEW = [404, 412] as const

const registeredSchema = z.object({ version: z.int() })

/**
 * Registers one machine at the first central that answers, beginning with the one that did the last time.
 * What a central refuses (4xx) is asked of no other: they all know the same.
 */
export class Registrar {
  readonly #fallback: readonly Central[]
  readonly #find: FindCentrals | undefined
  readonly #datagrams: DatagramWay | undefined
  readonly #body: MachineBody
  readonly #deadlineMs: number
  #centrals: readonly Central[]
  /** Where those came from may say others by now. */
  #isStale = true
  #at = 0
  /** What central has the machine registered at, as far as is known. */
  #version: number | undefined

  constructor(
    targets: readonly Target[],
    body: MachineBody,
    { find, datagrams }: RegistrarOptions = {},
  ) {
    this.#fallback = targets.map(centralOf)
    this.#centrals = this.#fallback
    this.#find = find
    this.#datagrams = datagrams
    this.#body = body
    const ms = Math.round(body.leaseSeconds * 1000 * DEADLINE_SHARE)
    this.#deadlineMs = Math.min(DEADLINE_MAX_MS, Math.max(DEADLINE_MIN_MS, ms))
  }

  /** Registers the machine, or renews its lease. `load`: how busy it is, in percent, where that is to be told. */
  async register(load?: number): Promise<Registered> {
    const datagramsMs = Math.round(this.#deadlineMs * DATAGRAMS_SHARE)
    const origin = this.#datagrams?.origin
    let leftMs = this.#deadlineMs
    if (this.#datagrams !== undefined && origin !== undefined) {
      const outcome = await this.#datagrams.renew(load, datagramsMs)
      if (outcome === 'renewed') return { ok: true, isNew: false, ...origin }
      if (outcome === 'register') this.#version = undefined
      leftMs -= datagramsMs
    }
    const renewed = await this.#renew(load, leftMs)
    const result = renewed ?? (await this.#put(load))
    if (!result.ok) return result
    await this.#askForKey(renewed === undefined ? 'registered' : 'renewed', result)
    return result
  }

  /** Asks the central that did it for a key, so that the next renewals go by datagram. */
  async #askForKey(how: 'registered' | 'renewed', { version }: KeyOrigin): Promise<void> {
    const central = this.#centrals[this.#at]
    if (central === undefined) return
    const request: Request = {
      method: 'POST',
      path: `${this.#renewals}/key`,
      query: { version, from: this.#from },
      deadlineMs: this.#deadlineMs,
    }
    await this.#datagrams?.ask(how, central.client, request, { url: central.url, version })
  }

  /** Renews the lease, which costs central next to nothing; undefined when the machine has to register. */
  async #renew(load: number | undefined, deadlineMs: number): Promise<Registered | undefined> {
    const version = this.#version
    if (version === undefined) return undefined
    const request: Request = {
      method: 'POST',
      path: this.#renewals,
      query: { version, from: this.#from, load },
      deadlineMs,
    }
    const renewed = await this.#ask(
      request,
      (_central, { status }) => ({ isNew: false, version: status === 204 ? version : undefined }),
      REGISTER_ANEW,
    )
    if (!renewed.ok) return renewed
    this.#version = renewed.version
    return renewed.version === undefined ? undefined : { ...renewed, version }
  }

  /** Where the machine renews its lease. */
  get #renewals(): string {
    const { app, cluster, machine } = this.#body
    return `/v1/renewals/${[app, cluster, machine].map(encodeURIComponent).join('/')}`
  }

  /** Without addresses it has the one that it is seen with, which may be another by now. */
  get #from(): 'machine' | undefined {
    return this.#body.addresses === undefined ? 'machine' : undefined
  }

  async #put(load: number | undefined): Promise<Registered> {
    const request: Request = {
      method: 'PUT',
      path: '/v1/register',
      body: { ...this.#body, ...(load === undefined ? {} : { load }) },
      deadlineMs: this.#deadlineMs,
    }
    const registered = await this.#ask(request, ({ client }, answer) => {
      const { version } = client.read(registeredSchema, request, answer)
      return { isNew: answer.status === 201, version }
    })
    if (registered.ok) this.#version = registered.version
    return registered
  }

  /** Unregisters the machine; that it is not registered is as good. */
  async unregister(why: 'left' | 'unhealthy'): Promise<Registered> {
    this.#version = undefined
    this.#datagrams?.close()
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
      NOT_REGISTERED,
    )
  }

  /** Asks the centrals in turn, until one answers with 2xx or one of `alsoGood`, or refuses. */
  async #ask<Version>(
    request: Request,
    read: (
      central: { readonly client: RestClient },
      answer: Answer,
    ) => { readonly isNew: boolean; readonly version: Version },
    alsoGood: readonly number[] = [],
  ): Promise<Asked<Version>> {
    let detail = (await this.#refresh()) ?? 'there is no central'
    for (let i = 0; i < this.#centrals.length; i++) {
      const at = (this.#at + i) % this.#centrals.length
      const central = this.#centrals[at]
      if (central === undefined) break
      try {
        const answer = await central.client.send(request)
        const isGood = answer.status >= 200 && answer.status < 300
        if (isGood || alsoGood.includes(answer.status)) {
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
