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
