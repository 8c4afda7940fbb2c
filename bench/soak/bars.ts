import type { Figure } from '../report/figure.ts'

/** The figures of every slice that the bars are of. */
export const LOST = 'lost beyond what the kernel dropped'
export const PAUSES = 'probe: waits over 50 ms'
/** What the edge on demand says when central has not answered in time. */
export const FAILED = 'misses answered with SERVFAIL'
export const RSS = {
  full: 'RSS of the edge with all names',
  onDemand: 'RSS of the edge on demand',
  central: 'RSS of central',
} as const

const GROWTH_AT_MOST = 1.1

/**
 * What has to hold over all slices: a median, as other bars are of, would forgive what went wrong in less
 * than half of them.
 */
export function summarize(figures: readonly Figure[]): readonly Figure[] {
  const sums = [LOST, PAUSES, FAILED].map((name): Figure => {
    const sum = valuesOf(figures, name).reduce((total, value) => total + value, 0)
    return { name: `all: ${name}`, unit: 'count', values: [sum], atMost: 0 }
  })
  const growths = Object.values(RSS).map((name): Figure => {
    const values = valuesOf(figures, name)
    // The highest of each half: a garbage collection may come before any one of them, or not.
    const half = Math.ceil(values.length / 2)
    const growth = Math.max(...values.slice(half)) / Math.max(...values.slice(0, half))
    return {
      name: `${name}: highest of the second half ÷ of the first`,
      unit: '×',
      values: [growth],
      atMost: GROWTH_AT_MOST,
    }
  })
  return [...sums, ...growths]
}

/** Of what clients miss, what no socket buffer dropped. */
export function lostBeyond(lost: number, dropped: number): number {
  return Math.max(0, lost - dropped)
}

function valuesOf(figures: readonly Figure[], name: string): readonly number[] {
  return figures.find((figure) => figure.name === name)?.values ?? []
}
