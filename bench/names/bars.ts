import type { Bar, Figure, FigureGroup, Unit } from '../report/figure.ts'

/** What is measured of each kind of question. */
export const CPU = 'CPU'
/** CPU time of the control thread, in percent of one core. */
export const CONTROL = 'control thread'

/** The kinds of questions, as the report names them. */
export const HITS_FEW = 'hits: 1,000 names'
export const HITS_ALL = 'hits: all names'
export const HITS_SOME = 'hits: 1,000 of all names'
export const NOBODY_FEW = 'NXDOMAIN: beside 1,000 names'
export const NOBODY_ALL = 'NXDOMAIN: beside all names'
export const CLUSTERS_FEW = 'hits: 10 clusters'
export const CLUSTERS_MANY = 'hits: 10,000 clusters'

/** What one kind has to be beside another: a ratio or a difference in the same round. */
interface Comparison {
  readonly of: string
  readonly beside: string
  readonly figure: string
  readonly by: 'ratio' | 'difference'
  readonly bar: Bar
}

const perCpu = (of: string, beside: string, bar: Bar): Comparison => ({
  of,
  beside,
  figure: CPU,
  by: 'ratio',
  bar,
})
const byControl = (of: string, beside: string): Comparison => ({
  of,
  beside,
  figure: CONTROL,
  by: 'difference',
  bar: { atMost: 2 },
})

const comparisons: readonly Comparison[] = [
  perCpu(HITS_ALL, HITS_FEW, { atMost: 1.35 }),
  perCpu(HITS_ALL, HITS_SOME, { atMost: 1.35 }),
  // What the caches of the CPU do not explain of the two above.
  perCpu(HITS_SOME, HITS_FEW, {}),
  perCpu(NOBODY_FEW, HITS_FEW, { atMost: 1.4 }),
  perCpu(NOBODY_ALL, HITS_ALL, { atMost: 1.4 }),
  byControl(NOBODY_FEW, HITS_FEW),
  byControl(NOBODY_ALL, HITS_ALL),
  perCpu(CLUSTERS_MANY, CLUSTERS_FEW, { atMost: 1.05 }),
]

/** The whole process by the names of a full replica, in bytes, for as many names as the bar is of. */
const MEMORY_BAR = { names: 1_000_000, bar: { atMost: 700 } } as const

/** The bar of the memory for a name; none for fewer names, over which Node itself would be shared. */
export function memoryBar(names: number): Bar {
  return names >= MEMORY_BAR.names ? MEMORY_BAR.bar : {}
}

/** Bars of what happens to a mesh while it answers. */
export const changeBars = {
  /** From central having sent a change, which is before it reaches the edge. */
  servedMs: { atMost: 20 },
  p99Ratio: { atMost: 2 },
  resteerSeconds: { atMost: 2 },
  lost: { atMost: 0 },
} as const

/** Compares the kinds of questions, round by round. */
export function compareKinds(groups: readonly FigureGroup[]): readonly Figure[] {
  return comparisons.map(({ of, beside, figure, by, bar }) => {
    const values = valuesOf(groups, of, figure)
    const others = valuesOf(groups, beside, figure)
    const sign = by === 'ratio' ? '÷' : '−'
    const unit: Unit = by === 'ratio' ? '×' : 'percent'
    return {
      name: `${of} ${sign} ${beside}: ${figure}`,
      unit,
      values: values.map((value, round) => {
        const other = others[round] ?? Number.NaN
        return by === 'ratio' ? value / other : value - other
      }),
      ...bar,
    }
  })
}

function valuesOf(groups: readonly FigureGroup[], name: string, figure: string): readonly number[] {
  const group = groups.find((group) => group.name === name)
  return group?.figures.find(({ name }) => name === figure)?.values ?? []
}
