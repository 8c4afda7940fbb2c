import type { Bar, Figure, FigureGroup } from '../report/figure.ts'
import { median } from '../report/statistics.ts'
import { CPU, EDNS_CPU, P99 } from './turn.ts'

/** What one server has to be beside others: a ratio of the same figure in the same round. */
interface Comparison {
  readonly of: string
  /** The others; of several the median counts. */
  readonly beside: readonly string[]
  readonly figures: readonly string[]
  readonly bar: Bar
}

const both = [CPU, EDNS_CPU]

/** The names of peers in the bars; `peers.test.ts` sees that they are those of the peers. */
const comparisons: readonly Comparison[] = [
  { of: 'edge', beside: ['floor'], figures: [CPU], bar: { atMost: 1.13 } },
  { of: 'edge', beside: ['floor'], figures: [EDNS_CPU], bar: { atMost: 1.18 } },
  { of: 'edge', beside: ['Knot'], figures: both, bar: { atMost: 0.96 } },
  ...['Unbound', 'BIND', 'PowerDNS', 'dnsdist', 'CoreDNS (file)', 'CoreDNS (cache)'].map(
    (name) => ({ of: 'edge', beside: [name], figures: both, bar: { below: 1 } }),
  ),
  // How far ahead or behind of these it is has to be told, whatever it is.
  { of: 'edge', beside: ['NSD'], figures: both, bar: {} },
  { of: 'edge', beside: ['gdnsd'], figures: both, bar: {} },
  { of: 'edge (2 threads)', beside: ['edge'], figures: [CPU], bar: { atMost: 1.1 } },
  // What of it is the kernel's, with two sockets on one core.
  { of: 'floor (2 processes)', beside: ['floor'], figures: [CPU], bar: {} },
  { of: 'edge (2 threads)', beside: ['floor (2 processes)'], figures: [CPU], bar: {} },
  { of: 'edge (dgram)', beside: ['floor'], figures: [CPU], bar: { atMost: 2.4 } },
  // What of it is node:dgram's own.
  { of: 'floor (dgram)', beside: ['floor'], figures: [CPU], bar: {} },
  { of: 'edge (dgram)', beside: ['floor (dgram)'], figures: [CPU], bar: {} },
]

/** Compares servers; what was not measured is left out. `others` are those that the median is of. */
export function compare(
  groups: readonly FigureGroup[],
  others: readonly string[],
): readonly Figure[] {
  const latency = { of: 'edge', beside: others, figures: [P99], bar: { atMost: 1 } }
  return [...comparisons, latency].flatMap(({ of, beside, figures, bar }) =>
    figures.flatMap((figure) => {
      const values = valuesOf(groups, of, figure)
      const found = beside.flatMap((name) => {
        const those = valuesOf(groups, name, figure)
        return those === undefined ? [] : [those]
      })
      if (values === undefined || found.length === 0) return []
      const than = beside.length === 1 ? (beside[0] ?? '') : 'median of the others'
      return [
        { name: `${of} ÷ ${than}: ${figure}`, unit: '×', values: ratios(values, found), ...bar },
      ]
    }),
  )
}

/** Adds to each server how many times the floor's its CPU time is. */
export function besideFloor(groups: readonly FigureGroup[], floor: string): readonly FigureGroup[] {
  return groups.map((group) => ({
    ...group,
    figures: group.figures.flatMap((figure): readonly Figure[] => {
      const those = both.includes(figure.name) ? valuesOf(groups, floor, figure.name) : undefined
      if (those === undefined) return [figure]
      const name = `${figure.name} ÷ ${floor}`
      return [figure, { name, unit: '×', values: ratios(figure.values, [those]) }]
    }),
  }))
}

/** Round by round: a value by the median of what others had in the same round. */
export function ratios(
  values: readonly number[],
  beside: readonly (readonly number[])[],
): readonly number[] {
  return values.map(
    (value, round) => value / median(beside.map((those) => those[round] ?? Number.NaN)),
  )
}

function valuesOf(
  groups: readonly FigureGroup[],
  name: string,
  figure: string,
): readonly number[] | undefined {
  const group = groups.find((group) => group.name === name)
  return group?.figures.find(({ name }) => name === figure)?.values
}
