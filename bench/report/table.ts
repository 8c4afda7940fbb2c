import type { PartResult } from './figure.ts'
import { formatValue } from './figure.ts'
import { median } from './statistics.ts'

/** A part's figures as a table for people: median, bar, then every round. */
export function formatTable({ part, setup, figures }: PartResult): string {
  const rounds = Math.max(1, ...figures.map(({ values }) => values.length))
  const head = [
    part,
    'unit',
    'median',
    'bar',
    ...Array.from({ length: rounds }, (_, i) => `#${i + 1}`),
  ]
  const rows = figures.map(({ name, unit, values, below }) => [
    name,
    unit,
    formatValue(median(values)),
    below === undefined ? '' : `< ${formatValue(below)}`,
    ...Array.from({ length: rounds }, (_, i) => formatValue(values[i] ?? Number.NaN)),
  ])
  const lines = [head, ...rows]
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const formatted = lines.map((line) =>
    line
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const facts = Object.entries(setup).map(([key, value]) => `${key} ${String(value)}`)
  return `${formatted.join('\n')}\n(${facts.join(', ')})\n`
}
