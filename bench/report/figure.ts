import { median } from './statistics.ts'

/** Units of figures. */
export type Unit = '1/s' | 'µs' | 'ms' | 's' | 'MB' | 'count' | 'percent'

/** Something that was measured, once in each round. */
export interface Figure {
  readonly name: string
  readonly unit: Unit
  /** One value for each round in which it was measured. */
  readonly values: readonly number[]
  /** What the median has to be below. */
  readonly below?: number
}

/** What one part of the bench has found. */
export interface PartResult {
  readonly part: string
  /** What was run on what, for whoever wants to repeat it. */
  readonly setup: Readonly<Record<string, string | number | boolean>>
  readonly figures: readonly Figure[]
}

/** Says which bar a figure misses and by how much; undefined when it misses none. */
export function missedBar(part: string, figure: Figure): string | undefined {
  const { name, unit, values, below } = figure
  if (below === undefined) return undefined
  const found = median(values)
  // Also when nothing was measured, which is NaN.
  if (found < below) return undefined
  const over = formatValue(found - below)
  const share = below === 0 ? '' : `, ${Math.round((found / below - 1) * 100)} %`
  return (
    `bar missed: ${part}: ${name} is ${formatValue(found)} ${unit}, ` +
    `below ${formatValue(below)} is wanted: ${over} ${unit}${share} over`
  )
}

/** Collects figures round by round; they keep the order in which they first came. */
export class FigureCollector {
  readonly #figures = new Map<
    string,
    { readonly unit: Unit; readonly below: number | undefined; readonly values: number[] }
  >()

  /** Adds the value of one round. */
  add(name: string, unit: Unit, value: number, bar: { readonly below?: number } = {}): void {
    let figure = this.#figures.get(name)
    if (figure === undefined) {
      figure = { unit, below: bar.below, values: [] }
      this.#figures.set(name, figure)
    }
    figure.values.push(value)
  }

  get figures(): readonly Figure[] {
    return Array.from(this.#figures, ([name, { unit, below, values }]) => ({
      name,
      unit,
      values,
      ...(below === undefined ? {} : { below }),
    }))
  }
}

/** A number with as many digits as say something. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (Number.isInteger(value) || size >= 1000) return value.toFixed(0)
  if (size >= 100) return value.toFixed(1)
  return value.toFixed(size >= 10 ? 2 : 3)
}
