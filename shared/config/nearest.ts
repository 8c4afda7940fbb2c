/** Longer words are not compared: nobody mistypes them, and the cost grows with the square. */
const WORD_MAX = 100

/**
 * Returns the candidate that `word` was most likely meant to be, undefined when none is near: equal
 * but for case and separators, or at most one third of its letters wrong (at least one, at most
 * three). Distance is that of Damerau and Levenshtein with adjacent swaps (optimal alignment).
 */
export function nearestOf(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > WORD_MAX) return undefined
  const wanted = plain(word)
  let best: string | undefined
  let bestDistance = Math.min(3, Math.max(1, Math.floor(word.length / 3))) + 1
  for (const candidate of candidates) {
    if (candidate.length > WORD_MAX) continue
    const distance = editDistance(wanted, plain(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Half a sentence to put behind a word that is not known; empty when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const nearest = nearestOf(word, candidates)
  return nearest === undefined ? '' : `, did you mean \`${nearest}\`?`
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '')
}

function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
