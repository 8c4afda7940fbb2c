import { expect, it } from 'vitest'
import { nameOfApp } from '../mesh/workload.ts'
import { questionsOfApps, questionsOfNobody } from './questions.ts'

it('every app is asked for once, in another order than they were made in, the same every time', () => {
  const lines = questionsOfApps(500).trimEnd().split('\n')
  const inOrder = Array.from({ length: 500 }, (_, i) => `${nameOfApp(i)} A`)
  expect(lines).not.toEqual(inOrder)
  expect(lines.toSorted()).toEqual(inOrder)
  expect(questionsOfApps(500)).toBe(lines.map((line) => `${line}\n`).join(''))
})

it('names of nobody are as long as those of apps, and hardly ever the same', () => {
  const lines = questionsOfNobody(500).trimEnd().split('\n')
  const wanted = `${nameOfApp(0)} A`
  expect(lines).toHaveLength(500)
  expect(new Set(lines).size).toBeGreaterThan(490)
  for (const line of lines) {
    expect(line).toMatch(/^not-[0-9a-z]{6}\.bench\.example A$/)
    expect(line).toHaveLength(wanted.length)
  }
})
