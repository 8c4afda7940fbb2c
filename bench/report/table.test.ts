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
