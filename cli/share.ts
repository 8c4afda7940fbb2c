/** What of an endpoint says how much of the queries it gets. */
export interface Share {
  readonly load?: unknown
  readonly withheldPercent?: unknown
  readonly fallback?: unknown
}

/** `load 80 %, 20 % withheld`; undefined where nothing is said. */
export function shareText({ load, withheldPercent, fallback }: Share): string | undefined {
  const parts = [
    ...(typeof load === 'number' ? [`load ${load} %`] : []),
    ...(typeof withheldPercent === 'number' ? [`${withheldPercent} % withheld`] : []),
    ...(fallback === true ? ['fallback'] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}
