import type { Name } from '../../shared/dns/name.ts'
import type { Replica } from './replica.ts'

/** How long dropped names are collected before central is told. */
const FORGET_MS = 200
/** Dropped names that may wait to be told; more are forgotten, which costs central a few sends. */
const FORGET_MAX = 100_000

export interface ForgottenNamesOptions {
  readonly replica: Replica
  /** The number for the next Interest. */
  readonly nextSequence: () => number
  /** Tells central. */
  readonly send: (remove: readonly Name[], sequence: number) => void
}

/** Names that the edge has dropped and central still tells of, gathered until it is told. */
export class ForgottenNames {
  readonly #options: ForgottenNamesOptions
  readonly #names = new Set<Name>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: ForgottenNamesOptions) {
    this.#options = options
  }

  add(name: Name): void {
    if (this.#names.size >= FORGET_MAX) return
    this.#names.add(name)
    this.#timer ??= setTimeout(() => this.#tell(), FORGET_MS)
  }

  /** There is nobody to tell any more. */
  clear(): void {
    this.#names.clear()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #tell(): void {
    this.#timer = undefined
    const { replica, send, nextSequence } = this.#options
    const remove = [...this.#names].filter(
      (name) => !replica.tables.names.has(name) && !replica.expects(name),
    )
    this.#names.clear()
    // The number of now: one of before could be below that of a question which came first.
    if (remove.length > 0) send(remove, nextSequence())
  }
}
