import type { Name } from '../dns/name.ts'
import type { Place } from './parser.ts'

/** Findings of each kind that are kept; more are counted. */
export const FINDINGS_MAX = 20

/** Rules that a zone must keep. */
export const errorRules = [
  'soa-missing',
  'soa-multiple',
  'soa-not-at-apex',
  'ns-missing',
  'out-of-zone',
  'cname-and-other-data',
  'cname-multiple',
  'dname-multiple',
  'dname-and-ns',
  'below-dname',
  'wildcard-impossible',
  'ttl-differs',
  'glue-missing',
  'zone-too-large',
] as const
export type ErrorRule = (typeof errorRules)[number]

/** Rules that a zone should keep. */
export const warningRules = ['duplicate', 'target-is-cname', 'ns-without-address'] as const
export type WarningRule = (typeof warningRules)[number]

/** One thing that is wrong with a zone. */
export interface Finding {
  readonly rule: ErrorRule | WarningRule
  /** Where it was found; undefined for what is missing from a zone without a record. */
  readonly place: Place | undefined
  /** What is found and what is wanted, in one line. */
  readonly message: string
}

/** What is wrong with a zone; of each kind the first `FINDINGS_MAX`, by their places. */
export interface Findings {
  readonly apex: Name | undefined
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
  /** With those that are not kept. */
  readonly errorCount: number
  readonly warningCount: number
}

/** Keeps the first findings by place, in whatever order they come, and counts them all. */
export class FindingList {
  #kept: Finding[] = []
  count = 0

  add(rule: Finding['rule'], place: Place | undefined, message: string): void {
    this.count++
    this.#kept.push({ rule, place, message })
    if (this.#kept.length >= 2 * FINDINGS_MAX) this.#kept = this.first()
  }

  /** The first ones, in the order of their places. */
  first(): Finding[] {
    return [...this.#kept].sort(byPlace).slice(0, FINDINGS_MAX)
  }
}

function byPlace({ place: a }: Finding, { place: b }: Finding): number {
  if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined)
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}
