import { setMaxListeners } from 'node:events'
import { messageOf } from '../../shared/errors.ts'
import type { Machine, Termination, WithdrawalReason } from '../model/events.ts'
import { isAllowedUrl } from './allowed-urls.ts'

/** A machine that is to be ended. */
export interface TerminationTask {
  readonly machine: Machine & { readonly terminateUrl: string }
  readonly why: WithdrawalReason
  /** Version of the withdrawal. */
  readonly version: number
}

/** What a terminator needs; the times are for tests. */
export interface TerminatorOptions {
  /** Prefixes of URLs. */
  readonly allow: readonly string[]
  readonly random: () => number
  /** Whether the machine is still to be ended: it may have come back. Asked before each attempt. */
  readonly isWanted: (task: TerminationTask) => boolean
  readonly onEnd: (task: TerminationTask, termination: Termination) => void
  readonly timeoutMs?: number
  readonly backoffMs?: number
}

/**
 * Calls the URLs that end machines: a POST that has to be answered with 2xx in time, three attempts, so
 * many at once, the others wait in order. What it tells may come twice for one machine when central is
 * restarted meanwhile.
 */
export class Terminator {
  readonly #options: TerminatorOptions
  readonly #waiting: TerminationTask[] = []
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(options: TerminatorOptions) {
    this.#options = options
    // One listener for each call and each pause; AT_ONCE_MAX is the bound.
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Machines that are being ended, and those that wait. The machines of the registry bound it. */
  get size(): number {
    return this.#running.size + this.#waiting.length
  }

  add(task: TerminationTask): void {
    if (this.#stopping.signal.aborted) return
    this.#waiting.push(task)
    this.#fill()
  }

  /** Gives up all that is under way, telling nothing of it. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#waiting.length = 0
    await Promise.all(this.#running)
  }

  #fill(): void {
    while (this.#running.size < AT_ONCE_MAX) {
      const task = this.#waiting.shift()
      if (task === undefined) return
      const running = this.#terminate(task).finally(() => {
        this.#running.delete(running)
        this.#fill()
      })
      this.#running.add(running)
    }
  }

  async #terminate(task: TerminationTask): Promise<void> {
    const { allow, backoffMs = BACKOFF_MS, isWanted, onEnd, random } = this.#options
    const { signal } = this.#stopping
    // The config may be another one than when the machine was registered.
    if (!isAllowedUrl(task.machine.terminateUrl, allow)) {
      const detail = 'machines.terminate.allow does not have the URL'
      onEnd(task, { ok: false, detail, attempts: 0 })
      return
    }
    for (let attempts = 1; ; attempts++) {
      if (!isWanted(task)) return
      const { ok, detail } = await this.#attempt(task)
      if (signal.aborted) return
      if (ok || attempts === ATTEMPTS_MAX) {
        onEnd(task, { ok, detail, attempts })
        return
      }
      // Half of it at random: what failed together does not come back together.
      await pause(backoffMs * 2 ** (attempts - 1) * (0.5 + random() / 2), signal)
      if (signal.aborted) return
    }
  }

  async #attempt({ machine, why }: TerminationTask): Promise<Omit<Termination, 'attempts'>> {
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS
    const { app, cluster, machine: id } = machine
    try {
      const response = await fetch(machine.terminateUrl, {
        method: 'POST',
        // It would lead to where the config does not allow.
        redirect: 'manual',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ app, cluster, machine: id, why }),
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]),
      })
      await response.body?.cancel()
      const { status } = response
      const isRedirect = status >= 300 && status < 400
      const detail = isRedirect ? `${status}, redirects are not followed` : String(status)
      return { ok: status >= 200 && status < 300, detail }
    } catch (err) {
      return { ok: false, detail: detailOf(err, timeoutMs) }
    }
  }
}

/** Calls at once. */
const AT_ONCE_MAX = 16
const ATTEMPTS_MAX = 3
const TIMEOUT_MS = 5_000
/** Until the second attempt; twice that until the third. */
const BACKOFF_MS = 2_000
/** Characters of what went wrong that go to the log. */
const DETAIL_MAX_CHARACTERS = 200

/** fetch says "fetch failed"; why stands in its cause. */
function detailOf(err: unknown, timeoutMs: number): string {
  if (err instanceof Error && err.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  const cause = err instanceof Error ? (err.cause ?? err) : err
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return (messageOf(cause) || code || 'failed').slice(0, DETAIL_MAX_CHARACTERS)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
