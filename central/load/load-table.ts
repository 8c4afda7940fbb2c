/**
 * What is told of the loads of endpoints, in memory: by whom, how much, and until when it counts. What an
 * endpoint's own machines tell counts as their mean, unless somebody tells of the endpoint as a whole.
 */
export class LoadTable {
  readonly #reportsMax: number
  /** In the order in which they came. */
  readonly #reports = new Map<string, Report>()
  readonly #byEndpoint = new Map<string, Set<Report>>()

  constructor(reportsMax = LOAD_REPORTS_MAX) {
    this.#reportsMax = reportsMax
  }

  /** Reports that are held. */
  get size(): number {
    return this.#reports.size
  }

  /** Takes a report in place of the one before it; false when there is no room for one more. */
  put(endpoint: string, source: string, load: number, nowMs: number): boolean {
    const key = `${endpoint} ${source}`
    const before = this.#reports.get(key)
    if (before === undefined && this.#reports.size >= this.#reportsMax) return false
    if (before !== undefined) this.#delete(key, before)
    const report = { endpoint, source, load, atMs: nowMs }
    this.#reports.set(key, report)
    const all = this.#byEndpoint.get(endpoint)
    if (all === undefined) this.#byEndpoint.set(endpoint, new Set([report]))
    else all.add(report)
    return true
  }

  /** The load of an endpoint, in percent; undefined where nobody tells any more. */
  loadOf(endpoint: string): number | undefined {
    const reports = this.#byEndpoint.get(endpoint)
    if (reports === undefined) return undefined
    let sum = 0
    let count = 0
    let held: number | undefined
    for (const { source, load } of reports) {
      if (source === WHOLE) return load
      if (source === HELD) held = load
      else {
        sum += load
        count++
      }
    }
    return count === 0 ? held : sum / count
  }

  /** Takes out what is too old; yields the endpoints that it was about. */
  *takeExpired(nowMs: number): Iterable<string> {
    for (const [key, report] of this.#reports) {
      if (nowMs - report.atMs < LOAD_EXPIRY_MS) return
      this.#delete(key, report)
      yield report.endpoint
    }
  }

  #delete(key: string, report: Report): void {
    this.#reports.delete(key)
    const all = this.#byEndpoint.get(report.endpoint)
    if (all?.delete(report) === true && all.size === 0) this.#byEndpoint.delete(report.endpoint)
  }
}

/** A report counts for so long. */
export const LOAD_EXPIRY_MS = 30_000
/** Reports that are held, over all endpoints and machines. */
const LOAD_REPORTS_MAX = 50_000
/** Source of a report on an endpoint as a whole; no id of a machine is empty. */
export const WHOLE = ''
/** Source of what the log holds from before a start; no id of a machine is this. */
export const HELD = '*'

interface Report {
  readonly endpoint: string
  readonly source: string
  readonly load: number
  readonly atMs: number
}

/** What loads are told in, in percent. */
const LOAD_STEP_PERCENT = 5
/** A load is told anew when it is so far from what was told: more than half a step, so that it does not sway. */
const LOAD_SWAY_PERCENT = 4

/** What is told of a load, when `told` was told before. */
export function toldLoad(told: number | undefined, load: number | undefined): number | undefined {
  if (load === undefined) return undefined
  if (told !== undefined && Math.abs(load - told) < LOAD_SWAY_PERCENT) return told
  return Math.round(load / LOAD_STEP_PERCENT) * LOAD_STEP_PERCENT
}
