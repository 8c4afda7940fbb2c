/**
 * The quantile by nearest rank: the least value that at least the share `q` of all is not above.
 * `sorted` ascends. NaN when there are no values.
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const rank = Math.max(1, Math.ceil(sorted.length * q))
  return sorted[rank - 1] ?? Number.NaN
}

/** The middle value; the lower one of two. NaN when there are no values. */
export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5)
}

/** A sorted copy. */
export function ascending(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort()
}
