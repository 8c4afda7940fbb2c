import { expect, it } from 'vitest'
import { filesOf, read } from './files.ts'

const sections = ['Name', 'What it does', 'Options', 'Metrics', 'Failure modes', 'RFCs']

const folders = [
  ...new Set(filesOf('{edge,central}/*/*.ts').map((file) => file.slice(0, file.lastIndexOf('/')))),
  'cli',
  'shared/config',
]

it.each(folders)('%s has a README with the six sections, in their order', (folder) => {
  const headings = [...read(`${folder}/README.md`).matchAll(/^## (.+)$/gm)].map(
    ([, title]) => title,
  )
  expect(headings).toEqual(sections)
})

it('a decision has its four parts', () => {
  const decisions = filesOf('docs/decisions/*.md')
  expect(decisions.length).toBeGreaterThan(0)
  for (const file of decisions) {
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title ?? '')
    const number = /(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1] ?? file
    expect(headings[0]).toMatch(new RegExp(`^${number}: `))
    expect([file, ...headings.slice(1)]).toEqual([file, 'Context', 'Choice', 'Cost', 'Measured'])
  }
})
