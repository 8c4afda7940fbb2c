import { expect, it } from 'vitest'
import { isForTests, read, resolveFrom, sources } from './files.ts'

/** Which top folders a folder may import from; tests may import what they test. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  edge: ['shared', 'edge'],
  central: ['shared', 'central'],
  cli: ['shared', 'cli'],
  docs: ['shared', 'edge', 'central', 'cli', 'docs'],
  deploy: ['shared', 'deploy'],
  bench: ['shared', 'edge', 'central', 'cli', 'bench', 'test', 'deploy'],
  test: ['shared', 'edge', 'central', 'cli', 'test', 'deploy'],
}

/** The one exception: the command runs central and edge, and checks their configs. */
const composed = ['central/main.ts', 'central/options.ts', 'edge/main.ts', 'edge/options.ts']

interface Import {
  readonly from: string
  readonly to: string
  readonly isDynamic: boolean
}

/** A statement at the beginning of a line, or `import()` anywhere. */
const importPattern =
  /^(?:import|export)\b(?:[\s\w*,]|\{[^}]*\})*?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm

const imports: readonly Import[] = sources().flatMap((from) =>
  [...read(from).matchAll(importPattern)].map((match) => ({
    from,
    to: resolveFrom(from, match[1] ?? match[2] ?? ''),
    isDynamic: match[2] !== undefined,
  })),
)

const topOf = (path: string): string => path.split('/')[0] ?? ''

it('finds imports', () => {
  expect(imports.length).toBeGreaterThan(500)
})

it('shared knows nobody, edge and central know shared, and never each other', () => {
  const wrong = imports.filter(({ from, to, isDynamic }) => {
    if (topOf(from) === 'cli' && isDynamic && composed.includes(to)) return false
    return allowed[topOf(from)]?.includes(topOf(to)) !== true
  })
  expect(wrong).toEqual([])
})

it('nothing but tests imports what is there for tests', () => {
  expect(imports.filter(({ from, to }) => !isForTests(from) && isForTests(to))).toEqual([])
})

it('every path names its file with its ending', () => {
  expect(imports.filter(({ to }) => !/\.(ts|json)$/.test(to))).toEqual([])
})
