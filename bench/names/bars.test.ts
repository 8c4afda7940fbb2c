import { expect, it } from 'vitest'
import { missedBar } from '../report/figure.ts'
import type { FigureGroup } from '../report/figure.ts'
import {
  CONTROL,
  CPU,
  HITS_ALL,
  HITS_FEW,
  HITS_SOME,
  NOBODY_ALL,
  compareKinds,
  memoryBar,
} from './bars.ts'

function group(name: string, cpu: readonly number[], control: readonly number[]): FigureGroup {
  return {
    name,
    figures: [
      { name: CPU, unit: 'µs', values: cpu },
      { name: CONTROL, unit: 'percent', values: control },
    ],
  }
}

const groups = [
  group(HITS_FEW, [4, 5], [1, 1]),
  group(HITS_ALL, [6, 6], [2, 3]),
  group(HITS_SOME, [5, 5], [2, 2]),
  group(NOBODY_ALL, [9, 6], [3, 6]),
]
const byName = new Map(compareKinds(groups).map((figure) => [figure.name, figure]))

it('CPU times are compared as ratios of the same round', () => {
  const figure = byName.get(`${HITS_ALL} ÷ ${HITS_FEW}: ${CPU}`)
  expect(figure).toMatchObject({ unit: '×', values: [1.5, 1.2], atMost: 1.35 })
})

it('shares of the control thread are compared as differences, in points', () => {
  const figure = byName.get(`${NOBODY_ALL} − ${HITS_ALL}: ${CONTROL}`)
  expect(figure).toMatchObject({ unit: 'percent', values: [1, 3], atMost: 2 })
})

it('the bar of what was not measured is missed', () => {
  const missed = compareKinds([]).filter((figure) => missedBar('names', figure) !== undefined)
  expect(missed).toHaveLength(7)
})

it('the memory for a name has a bar where there are as many names as it is of', () => {
  expect(memoryBar(999_999)).toEqual({})
  expect(memoryBar(1_000_000)).toEqual({ atMost: 700 })
})
