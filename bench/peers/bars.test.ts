import { expect, it } from 'vitest'
import type { FigureGroup } from '../report/figure.ts'
import { besideFloor, compare, ratios } from './bars.ts'
import { peers } from './peers.ts'

function group(name: string, cpu: readonly number[], p99: readonly number[] = []): FigureGroup {
  return {
    name,
    figures: [
      { name: 'CPU', unit: 'µs', values: cpu },
      { name: 'CPU EDNS', unit: 'µs', values: cpu.map((value) => value * 2) },
      { name: 'p99', unit: 'ms', values: p99 },
    ],
  }
}

it('a ratio is that of one round, not of medians', () => {
  expect(ratios([2, 9], [[1, 3]])).toEqual([2, 3])
})

it('of several the median counts', () => {
  expect(ratios([6], [[1], [100], [3]])).toEqual([2])
})

it('the edge is compared with the floor, and with what others need for p99', () => {
  const groups = [
    group('floor', [4, 5], [0.1, 0.1]),
    group('edge', [5, 5], [0.4, 0.3]),
    group('Knot', [8, 10], [0.2, 0.3]),
    group('gdnsd', [5, 5], [0.4, 0.3]),
    group('NSD', [5, 4], [0.5, 0.6]),
  ]
  const figures = compare(groups, ['Knot', 'gdnsd', 'NSD'])
  const values = new Map(figures.map((figure) => [figure.name, figure]))
  expect(values.get('edge ÷ floor: CPU')).toMatchObject({ values: [1.25, 1], atMost: 1.13 })
  expect(values.get('edge ÷ floor: CPU EDNS')).toMatchObject({ values: [1.25, 1], atMost: 1.18 })
  expect(values.get('edge ÷ Knot: CPU')).toMatchObject({ values: [0.625, 0.5], atMost: 0.96 })
  expect(values.get('edge ÷ median of the others: p99')).toMatchObject({ values: [1, 1] })
  expect(values.get('edge ÷ NSD: CPU')).toEqual({
    name: 'edge ÷ NSD: CPU',
    unit: '×',
    values: [1, 1.25],
  })
})

it('the bars name every peer but the floor', () => {
  const names = peers.map(({ name }) => name)
  const others = peers.filter(({ kind }) => kind === 'other').map(({ name }) => name)
  const figures = compare(
    names.map((name) => group(name, [1], [1])),
    others,
  )
  const compared = new Set(figures.flatMap(({ name }) => (name.split(':')[0] ?? '').split(' ÷ ')))
  expect([...compared].toSorted()).toEqual([...names, 'median of the others'].toSorted())
})

it.each([
  ['the floor', ['edge', 'Knot'], ['edge ÷ Knot: CPU', 'edge ÷ Knot: CPU EDNS']],
  ['the edge', ['floor', 'Knot'], []],
  ['every other', ['floor', 'edge'], ['edge ÷ floor: CPU', 'edge ÷ floor: CPU EDNS']],
])('without %s there is no figure for it', (_what, present, wanted) => {
  const groups = present.map((name) => group(name, [1]))
  expect(compare(groups, []).map(({ name }) => name)).toEqual(wanted)
})

it('every server is put beside the floor, where that was measured', () => {
  const groups = [group('floor', [4]), group('edge', [5])]
  const [, edge] = besideFloor(groups, 'floor')
  expect(edge?.figures.map(({ name, values }) => [name, values])).toEqual([
    ['CPU', [5]],
    ['CPU ÷ floor', [1.25]],
    ['CPU EDNS', [10]],
    ['CPU EDNS ÷ floor', [1.25]],
    ['p99', []],
  ])
  expect(besideFloor(groups.slice(1), 'floor')).toEqual(groups.slice(1))
})
