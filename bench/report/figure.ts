import { median } from './statistics.ts'

/** Units of figures; `×` is that of ratios. */
export type Unit = '1/s' | 'µs' | 'ms' | 's' | 'MB' | 'bytes' | 'count' | 'percent' | '×'

/** What a median has to be; anything without either. */
export interface Bar {
  readonly below?: number
  readonly atMost?: number
}

/** Something that was measured, once in each round. */
export interface Figure extends Bar {
  readonly name: string
  readonly unit: Unit
  /** One value for each round in which it was measured. */
  readonly values: readonly number[]
}

/** Figures of one of several things that were measured alike. */
export interface FigureGroup {
  readonly name: string
  /** Of the thing itself, where it has one. */
  readonly version?: string
  readonly figures: readonly Figure[]
}

/** What one part of the bench has found. */
export interface PartResult {
  readonly part: string
  /** What was run on what, for whoever wants to repeat it. */
  readonly setup: Readonly<Record<string, string | number | boolean>>
  readonly figures: readonly Figure[]
  /** What was measured of each of several servers, where `figures` compares them. */
  readonly groups?: readonly FigureGroup[]
}

/** Says which bar a figure misses and by how much; undefined when it misses none. */
export function missedBar(part: string, figure: Figure): string | undefined {
  const { name, unit, values, below, atMost } = figure
  const limit = below ?? atMost
  if (limit === undefined) return undefined
  const found = median(values)
  // Not the other way round: when nothing was measured, which is NaN, the bar is missed.
  if (below === undefined ? found <= limit : found < limit) return undefined
  const over = formatValue(found - limit)
  const share = limit === 0 ? '' : `, ${Math.round((found / limit - 1) * 100)} %`
  return (
    `bar missed: ${part}: ${name} is ${formatValue(found)} ${unit}, ` +
    `${below === undefined ? 'at most' : 'below'} ${formatValue(limit)} is wanted: ` +
    `${over} ${unit}${share} over`
  )
}

/** A bar as the tables show it; nothing where there is none. */
export function formatBar({ below, atMost }: Bar): string {
  if (below !== undefined) return `< ${formatValue(below)}`
  return atMost === undefined ? '' : `≤ ${formatValue(atMost)}`
}

/** Collects figures round by round; they keep the order in which they first came. */
export class FigureCollector {
  readonly #figures = new Map<
    string,
    { readonly unit: Unit; readonly bar: Bar; readonly values: number[] }
  >()

  /** Adds the value of one round. */
  add(name: string, unit: Unit, value: number, bar: Bar = {}): void {
    let figure = this.#figures.get(name)
    if (figure === undefined) {
      figure = { unit, bar, values: [] }
      this.#figures.set(name, figure)
    }
    figure.values.push(value)
  }

  get figures(): readonly Figure[] {
    return Array.from(this.#figures, ([name, { unit, bar, values }]) => ({
      name,
      unit,
      values,
      ...bar,
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
