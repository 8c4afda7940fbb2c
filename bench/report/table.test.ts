import { expect, it } from 'vitest'
import { formatTable } from './table.ts'

it('a table shows the median, the bar and every round', () => {
  const table = formatTable({
    part: 'miss',
    setup: { names: 1000, replica: 'on-demand' },
    figures: [
      { name: 'miss p50', unit: 'ms', values: [0.9, 0.8, 1], below: 2 },
      { name: 'file', unit: 'MB', values: [12] },
    ],
  })
  expect(table).toBe(
    [
      'miss      unit  median  bar     #1     #2  #3',
      'miss p50  ms     0.900  < 2  0.900  0.800   1',
      'file      MB        12          12      -   -',
      '(names 1000, replica on-demand)',
      '',
    ].join('\n'),
  )
})

it('servers that were measured alike stand below each other, with their medians', () => {
  const figure = { name: 'CPU', unit: 'µs', values: [5, 4, 6] } as const
  const table = formatTable({
    part: 'peers',
    setup: { rate: 20_000 },
    groups: [
      { name: 'floor', version: 'cc 12', figures: [figure] },
      { name: 'a longer name', figures: [{ name: 'RSS', unit: 'MB', values: [7] }, figure] },
    ],
    figures: [{ name: 'a ÷ b', unit: '×', values: [1.5], atMost: 2 }],
  })
  expect(table).toBe(
    [
      'peers          CPU  RSS  version',
      '                µs   MB',
      'floor            5    -    cc 12',
      'a longer name    5    7',
      '',
      'peers  unit  median  bar     #1',
      'a ÷ b  ×      1.500  ≤ 2  1.500',
      '(rate 20000)',
      '',
    ].join('\n'),
  )
})
