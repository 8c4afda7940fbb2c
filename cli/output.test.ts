import { describe, expect, it } from 'vitest'
import { cell, renderPairs, renderTable } from './output.ts'

describe('renderTable', () => {
  it('lines columns up, numbers to the right, and ends lines without spaces', () => {
    const columns = [
      { title: 'id', of: (item: { id: string }) => item.id },
      { title: 'n', of: (item: { n: number }) => item.n, align: 'right' },
      { title: 'note', of: (item: { note?: string }) => item.note },
    ] as const
    const items = [
      { id: 'sfo', n: 5 },
      { id: 'frankfurt', n: 1234, note: 'x' },
    ]
    expect(renderTable(columns, items)).toBe(
      ['ID            N  NOTE', 'sfo           5  -', 'frankfurt  1234  x', ''].join('\n'),
    )
  })

  it('shows the titles of an empty list', () => {
    expect(renderTable([{ title: 'id', of: () => '' }], [])).toBe('ID\n')
  })
})

describe('renderPairs', () => {
  it('lines values up', () => {
    expect(
      renderPairs([
        ['version', 1],
        ['id', 'x'],
      ]),
    ).toBe('version  1\nid       x\n')
  })
})

describe('cell', () => {
  it.each([
    [undefined, '-'],
    [null, '-'],
    ['', '-'],
    [[], '-'],
    [0, '0'],
    [false, 'false'],
    [['a', 'b'], 'a, b'],
    [{ min: 5, max: 30 }, 'min 5, max 30'],
    [Array.from({ length: 10 }, (_, i) => i), '0, 1, 2, 3, 4, 5, 6, 7, … 2 more'],
    ['\u001B[31mred\n', '\\u001b[31mred\\u000a'],
    [{ '\u0007': 1 }, '\\u0007 1'],
  ])('shows %j as %j', (value, text) => {
    expect(cell(value)).toBe(text)
  })
})
