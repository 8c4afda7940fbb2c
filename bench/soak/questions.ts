import { linesOf, questionsOfNobody } from '../names/questions.ts'
import { nameOfApp } from '../mesh/workload.ts'

/** Of so many questions one is for a name that does not exist. */
export const NOBODY_EVERY = 5

/** Questions for all apps, with names that do not exist between them. */
export function mixedQuestions(appCount: number): string {
  const nobody = questionsOfNobody(Math.ceil(appCount / (NOBODY_EVERY - 1)))
    .trimEnd()
    .split('\n')
  const hits = linesOf(appCount, nameOfApp).trimEnd().split('\n')
  const lines = nobody.flatMap((line, i) => [
    line,
    ...hits.slice(i * (NOBODY_EVERY - 1), (i + 1) * (NOBODY_EVERY - 1)),
  ])
  return lines.map((line) => `${line}\n`).join('')
}

/**
 * Questions for apps from `first` on, and round again: each twice in a row, so that an edge which no
 * longer holds the name has to ask central for it, and knows it then.
 */
export function missQuestions(appCount: number, first: number, count: number): string {
  return linesOf(count * 2, (i) => nameOfApp((first + (i >> 1)) % appCount))
}
