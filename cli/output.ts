import { oneLine } from '../shared/config/mistakes.ts'

/** A column of a table: its title and what it shows of an object. */
export interface Column<T> {
  readonly title: string
  readonly of: (item: T) => unknown
  readonly align?: 'right'
}

/** Renders a table: titles in capitals, columns two spaces apart, no space at the ends of lines. */
export function renderTable<T>(columns: readonly Column<T>[], items: readonly T[]): string {
  const rows = [
    columns.map(({ title }) => title.toUpperCase()),
    ...items.map((item) => columns.map(({ of }) => cell(of(item)))),
  ]
  const widths = columns.map((_, i) => {
    return rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0)
  })
  const lines = rows.map((row) => {
    const cells = row.map((text, i) => {
      const width = widths[i] ?? 0
      return columns[i]?.align === 'right' ? text.padStart(width) : text.padEnd(width)
    })
    return cells.join('  ').trimEnd()
  })
  return `${lines.join('\n')}\n`
}

/** Renders names and values below each other. */
export function renderPairs(pairs: readonly (readonly [name: string, value: unknown])[]): string {
  const width = pairs.reduce((longest, [name]) => Math.max(longest, name.length), 0)
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}\n`).join('')
}

/** How many entries of a list a cell shows. */
const LIST_SHOWN = 8

/** Shows a value in one line: `-` when absent, lists by commas, mappings as `key value`. */
export function cell(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-'
  if (Array.isArray(value)) {
    if (value.length === 0) return '-'
    const shown = value.slice(0, LIST_SHOWN).map(cell).join(', ')
    return value.length > LIST_SHOWN ? `${shown}, … ${value.length - LIST_SHOWN} more` : shown
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, inner]) => `${oneLine(key)} ${cell(inner)}`)
      .join(', ')
  }
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Renders JSON as `--output json` prints it. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
