const units = [
  { letter: 'd', seconds: 86_400 },
  { letter: 'h', seconds: 3_600 },
  { letter: 'm', seconds: 60 },
  { letter: 's', seconds: 1 },
] as const

/**
 * Formats a time span for people, by its two largest units: `4d3h`, `5m20s`, `7s`. What has not begun yet
 * by the clock of this machine is `0s`.
 */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000))
  const first = units.findIndex(({ seconds }) => rest >= seconds)
  if (first < 0) return '0s'
  let text = ''
  for (const { letter, seconds } of units.slice(first, first + 2)) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count > 0) text += `${count}${letter}`
  }
  return text
}

const spanPattern = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/

/** Reads a time span as `formatDuration` writes it, in seconds: `2h`, `1d12h`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = spanPattern.exec(text)?.slice(1)
  if (parts === undefined || text === '') return undefined
  return units.reduce((sum, { seconds }, i) => sum + Number(parts[i] ?? 0) * seconds, 0)
}
