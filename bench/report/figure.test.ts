import { expect, it } from 'vitest'
import { FigureCollector, formatValue, missedBar } from './figure.ts'
import type { Figure } from './figure.ts'

const start: Figure = { name: 'start', unit: 's', values: [1.4, 2.5, 1.9], below: 2 }

it('a bar holds when the median is below it, whatever one round was', () => {
  expect(missedBar('scale', start)).toBeUndefined()
})

it('a missed bar says which and by how much', () => {
  expect(missedBar('scale', { ...start, values: [2.5, 2.6, 1.9] })).toBe(
    'bar missed: scale: start is 2.500 s, below 2 is wanted: 0.500 s, 25 % over',
  )
})

it('a value at the bar misses it', () => {
  expect(missedBar('scale', { ...start, values: [2] })).toContain('0 s, 0 % over')
})

it('a value may be at a bar that says at most', () => {
  const ratio: Figure = { name: 'a ÷ b', unit: '×', values: [1.1], atMost: 1.1 }
  expect(missedBar('peers', ratio)).toBeUndefined()
  expect(missedBar('peers', { ...ratio, values: [1.2] })).toBe(
    'bar missed: peers: a ÷ b is 1.200 ×, at most 1.100 is wanted: 0.100 ×, 9 % over',
  )
  expect(missedBar('peers', { ...ratio, values: [] })).toContain('bar missed')
})

it('a bar of what was not measured is missed', () => {
  expect(missedBar('scale', { ...start, values: [] })).toContain('bar missed')
})

it('a figure without a bar misses none', () => {
  expect(missedBar('scale', { name: 'rss', unit: 'MB', values: [9e9] })).toBeUndefined()
})

it('values are collected by figure, in the order of the first round', () => {
  const collector = new FigureCollector()
  for (const round of [1, 2]) {
    collector.add('b', 's', round, { below: 3 })
    collector.add('a', 'ms', round * 10)
  }
  expect(collector.figures).toEqual([
    { name: 'b', unit: 's', values: [1, 2], below: 3 },
    { name: 'a', unit: 'ms', values: [10, 20] },
  ])
})

it.each([
  [0, '0'],
  [12, '12'],
  [0.1234, '0.123'],
  [12.345, '12.35'],
  [123.45, '123.5'],
  [41234.5, '41235'],
  [Number.NaN, '-'],
])('%s is shown as %s', (value, text) => {
  expect(formatValue(value)).toBe(text)
})
