const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
])

/**
 * Reads a time in seconds: `5400`, or as BIND takes it `1h30m`, in any case. Undefined when it is none;
 * how much it may be is for the caller to say.
 */
export function parseTtl(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  if (!/^(?:\d{1,10}[wdhms])+$/i.test(text)) return undefined
  let total = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([a-z])/gi)) {
    total += Number(count) * (unitSeconds.get(unit.toLowerCase()) ?? 0)
  }
  return total
}
