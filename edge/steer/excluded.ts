import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter } from '../../shared/metrics.ts'
import type { FallenBehind } from './choose.ts'
import { address } from './filters.ts'
import type { Candidate, Policy } from './filters.ts'
import type { Origin } from './origin.ts'
import type { Regard } from './regard.ts'

/** What was chosen from, what was made of health, and what came of it. */
export interface Decided<T extends Candidate> {
  readonly policy: Policy
  readonly regard: Regard
  /** The first `count` of these. */
  readonly candidates: readonly T[]
  readonly count: number
  /** The best first; absent where that is the only one. */
  readonly chosen?: readonly T[]
  readonly best: T | undefined
  readonly origin: Origin
}

/** Policies whose counts are apart; `compiledPolicy` remembers as many. */
const POLICIES_MAX = 1_000

/** Slots behind those of the filters. */
const SEVERAL = 0
const FAIL_CLOSED = 1
const FALLBACK = 2
const UNLISTED = 3
const MORE_NAMES = 4

const nothing = { slots: new Float64Array(MORE_NAMES), preferencesAt: 0 }
const noCounts: PolicyCounts = { heeding: nothing, blind: nothing }

/**
 * Counts what each filter has excluded: of an endpoint that was not chosen, the first filter that it failed,
 * as `stepsOf` tells of it (a test holds the two together). By numbers for each policy, which are put
 * together by names when somebody asks: a million decisions are made in a few hundred ms.
 */
export class ExcludedCounts {
  readonly #byPolicy = new Map<Policy, PolicyCounts>()
  readonly #folded = new Map<string, number>()
  #lastPolicy: Policy | undefined
  #last: PolicyCounts = noCounts

  /** Counts a decision after it was made. */
  add<T extends Candidate>(decided: Decided<T>): void {
    const { policy, regard, candidates, count, chosen, best, origin } = decided
    const { requirements, take } = policy
    const { slots, preferencesAt } = this.fallenOf(policy, regard)
    if (!hasAny(candidates, count)) return this.addWithout(policy, count)
    const preferences = regard === 'heed' ? policy.preferences : policy.healthBlind
    const more = slots.length - MORE_NAMES
    next: for (let i = 0; i < count; i++) {
      const candidate = candidates[i]
      if (candidate === undefined) break
      if (candidate === best || chosen?.includes(candidate) === true) continue
      let step = 0
      for (const { admits } of requirements) {
        if (!admits(candidate, origin)) {
          increase(slots, step)
          continue next
        }
        step++
      }
      if (regard === 'refuse') {
        increase(slots, more + FAIL_CLOSED)
        continue
      }
      // Of two sets only one takes part.
      if (best === undefined || (candidate.isFallback === true) !== (best.isFallback === true)) {
        increase(slots, more + FALLBACK)
        continue
      }
      step = 0
      for (const { compare, isGate } of preferences) {
        // Where several are answered the others are an order.
        const isStep = take === 1 || isGate === true
        if (isStep && compare(candidate, best, origin) !== 0) {
          increase(slots, preferencesAt + step)
          continue next
        }
        step++
      }
      increase(slots, more + SEVERAL)
    }
  }

  /** Counts so many endpoints where none has anything to answer a type with, whatever else is with them. */
  addWithout(policy: Policy, count: number): void {
    const { slots } = this.fallenOf(policy, 'heed')
    increase(slots, policy.requirements.indexOf(address), count)
  }

  /** Counts endpoints on clusters that the topology lacks. */
  addUnlisted(policy: Policy, count: number): void {
    const { slots } = this.fallenOf(policy, 'heed')
    increase(slots, slots.length - MORE_NAMES + UNLISTED, count)
  }

  /** Where `choose` counts what it leaves behind. */
  fallenOf(policy: Policy, regard: Regard): FallenBehind {
    if (policy !== this.#lastPolicy) this.#turnTo(policy)
    return regard === 'heed' ? this.#last.heeding : this.#last.blind
  }

  /** How many each filter has excluded, by its name. */
  byFilter(): ReadonlyMap<string, number> {
    const sums = new Map(this.#folded)
    for (const [policy, { heeding }] of this.#byPolicy) fold(sums, policy, heeding.slots)
    return sums
  }

  register(register: MetricRegistry): void {
    registerCounter(register, {
      name: 'meridian_edge_steer_excluded_total',
      help: 'Endpoints that were not chosen in steering decisions that were made and kept, by the first filter that they failed.',
      labelNames: ['filter'],
      collect: (add) => {
        for (const [filter, count] of this.byFilter()) add({ filter }, count)
      },
    })
  }

  #turnTo(policy: Policy): void {
    let counts = this.#byPolicy.get(policy)
    if (counts === undefined) {
      if (this.#byPolicy.size >= POLICIES_MAX) {
        for (const [old, { heeding }] of this.#byPolicy) fold(this.#folded, old, heeding.slots)
        this.#byPolicy.clear()
      }
      counts = countsOf(policy)
      this.#byPolicy.set(policy, counts)
    }
    this.#lastPolicy = policy
    this.#last = counts
  }
}

/** The counts of one policy: of its requirements, preferences, preferences without health, and more. */
interface PolicyCounts {
  /** Both over the same slots. */
  readonly heeding: FallenBehind
  readonly blind: FallenBehind
}

function countsOf({ requirements, preferences, healthBlind }: Policy): PolicyCounts {
  const heedingAt = requirements.length
  const blindAt = heedingAt + preferences.length
  const slots = new Float64Array(blindAt + healthBlind.length + MORE_NAMES)
  return {
    heeding: { slots, preferencesAt: heedingAt },
    blind: { slots, preferencesAt: blindAt },
  }
}

function hasAny(candidates: readonly Candidate[], count: number): boolean {
  for (let i = 0; i < count; i++) if (candidates[i]?.hasAddress === true) return true
  return false
}

function increase(slots: Float64Array, at: number, by = 1): void {
  slots[at] = (slots[at] ?? 0) + by
}

/** Adds the counts of a policy to those by name. */
function fold(sums: Map<string, number>, policy: Policy, slots: Float64Array): void {
  const { requirements, preferences, healthBlind } = policy
  const names = [
    ...[...requirements, ...preferences, ...healthBlind].map(({ name }) => name),
    severalName(policy),
    'fail-closed',
    'fallback',
    'listed',
  ]
  names.forEach((name, i) => {
    const count = slots[i] ?? 0
    if (count > 0) sums.set(name, (sums.get(name) ?? 0) + count)
  })
}

/** The filter that ends a policy which answers several, or draws one of several. */
function severalName({ weightOf, within, sheds }: Policy): string {
  if (weightOf !== undefined) return 'weighted'
  if (sheds !== undefined) return 'shed-load'
  return within === undefined ? 'first' : 'spread'
}
