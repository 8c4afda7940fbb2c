import type { FigureGroup, PartResult } from './figure.ts'
import { formatBar, formatValue } from './figure.ts'
import { median } from './statistics.ts'

/**
 * A part's figures as a table for people: median, bar, then every round. Where several servers were
 * measured, the medians of each stand in a table before it.
 */
export function formatTable({ part, setup, figures, groups = [] }: PartResult): string {
  const rounds = Math.max(1, ...figures.map(({ values }) => values.length))
  const head = [
    part,
    'unit',
    'median',
    'bar',
    ...Array.from({ length: rounds }, (_, i) => `#${i + 1}`),
  ]
  const rows = figures.map(({ name, unit, values, ...bar }) => [
    name,
    unit,
    formatValue(median(values)),
    formatBar(bar),
    ...Array.from({ length: rounds }, (_, i) => formatValue(values[i] ?? Number.NaN)),
  ])
  const facts = Object.entries(setup).map(([key, value]) => `${key} ${String(value)}`)
  const before = groups.length === 0 ? '' : `${formatGroups(part, groups)}\n`
  return `${before}${align([head, ...rows], 2)}(${facts.join(', ')})\n`
}

/** A row for each group: the medians of its figures, then its version. */
function formatGroups(part: string, groups: readonly FigureGroup[]): string {
  const columns = new Map(
    groups.flatMap(({ figures }) => figures).map(({ name, unit }) => [name, unit]),
  )
  const rows = groups.map(({ name, version, figures }) => [
    name,
    ...Array.from(columns.keys(), (column) => {
      const values = figures.find((figure) => figure.name === column)?.values
      return formatValue(median(values ?? []))
    }),
    version ?? '',
  ])
  return align([[part, ...columns.keys(), 'version'], ['', ...columns.values(), ''], ...rows], 1)
}

/** Lines of cells of the same width in each column; the first columns are of text, to the left. */
function align(lines: readonly (readonly string[])[], textColumns: number): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const formatted = lines.map((line) =>
    line
      .map((cell, column) =>
        column < textColumns
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  return formatted.map((line) => `${line}\n`).join('')
}
