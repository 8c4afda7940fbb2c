import { expect, it } from 'vitest'
import { nameOfApp } from '../mesh/workload.ts'
import { NOBODY_EVERY, missQuestions, mixedQuestions } from './questions.ts'

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n')

it('of mixed questions every fifth is for a name that does not exist, the others for all apps', () => {
  const lines = linesOf(mixedQuestions(40))
  const nobody = lines.filter((line) => line.startsWith('not-'))
  expect(nobody).toHaveLength(lines.length / NOBODY_EVERY)
  const apps = lines.filter((line) => !line.startsWith('not-'))
  expect(apps).toEqual(Array.from({ length: 40 }, (_, i) => `${nameOfApp(i)} A`))
})

it('names to miss come twice each, and begin again after the last', () => {
  const numbers = [8, 8, 9, 9, 0, 0]
  expect(linesOf(missQuestions(10, 8, 3))).toEqual(numbers.map((i) => `${nameOfApp(i)} A`))
})
