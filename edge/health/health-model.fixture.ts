import type { HealthState } from '../../shared/registry/health.ts'
import type { ProbeResult } from './probe.ts'

/** The end of one probe: of which address, and with what. */
export interface Outcome {
  readonly index: number
  readonly result: ProbeResult
}

/** What an endpoint is judged by. */
export interface Judged {
  readonly addresses: number
  readonly state: HealthState
  readonly rise: number
  readonly fall: number
}

/**
 * What is to be held of an endpoint after these outcomes, found by looking back over all of them: for an
 * address, the latest place where enough in a row said the same.
 */
export function judge(judged: Judged, outcomes: readonly Outcome[]): HealthState {
  const results = outcomes.filter(({ result }) => result.ok !== 'unknown')
  if (outcomes.length > 0 && results.length === 0) return 'unknown'
  const indexes = Array.from({ length: judged.addresses }, (_, i) => i)
  const states = indexes.map((i) =>
    stateOf(
      judged,
      results.filter(({ index }) => index === i).map(({ result }) => result.ok === true),
    ),
  )
  const isAwaited = indexes.some(
    (i) => states[i] === 'unknown' && outcomes.every(({ index }) => index !== i),
  )
  const known = states.filter((state) => state !== 'unknown')
  if (known.length === 0) return 'unknown'
  if (!known.includes('up')) return isAwaited ? 'unknown' : 'down'
  if (known.includes('down')) return 'degraded'
  const isDegraded = indexes.some((i) => {
    const last = results.findLast(({ index, result }) => index === i && result.ok === true)
    return states[i] === 'up' && last?.result.ok === true && last.result.degraded !== undefined
  })
  return isDegraded ? 'degraded' : 'up'
}

function stateOf(
  { state, rise, fall }: Judged,
  goods: readonly boolean[],
): 'unknown' | 'up' | 'down' {
  for (let end = goods.length; end > 0; end--) {
    if (end >= rise && goods.slice(end - rise, end).every((good) => good)) return 'up'
    if (end >= fall && goods.slice(end - fall, end).every((good) => !good)) return 'down'
  }
  if (state !== 'unknown') return state === 'down' ? 'down' : 'up'
  if (goods[0] === undefined) return 'unknown'
  return goods[0] ? 'up' : 'down'
}
