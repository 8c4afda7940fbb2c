import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { packageRoot } from '../../shared/package-root.ts'

/** What is made by tools, and what is not of the repository. */
const notOurs = new Set([
  '.git',
  '.meridian',
  '.vitest',
  'coverage',
  'dist',
  'generated',
  'node_modules',
  'results',
])

/** The files of the repository that match a pattern, as paths from its root, in order. */
export function filesOf(pattern: string): readonly string[] {
  const files = globSync(pattern, {
    cwd: packageRoot(),
    exclude: (path) => notOurs.has(basename(path)),
  })
  return files.map((file) => file.replaceAll('\\', '/')).sort()
}

/** All TypeScript that is written by hand. */
export function sources(): readonly string[] {
  return filesOf('{shared,edge,central,cli,bench,test,docs,deploy}/**/*.ts')
}

/** TypeScript of the product: without tests and what only tests use. */
export function productSources(): readonly string[] {
  return sources().filter((file) => /^(shared|edge|central|cli)\//.test(file) && !isForTests(file))
}

/** Whether a file is a test, or there for tests only. */
export function isForTests(file: string): boolean {
  return (
    /^(test|bench)\//.test(file) ||
    /\.(test|fixture|contract)\.ts$|-fixture\.ts$|(^|\/)(test-client|query-bytes)\.ts$/.test(file)
  )
}

/** All Markdown. */
export function documents(): readonly string[] {
  return filesOf('**/*.md')
}

export function read(file: string): string {
  return readFileSync(join(packageRoot(), file), 'utf8')
}

/** A relative path as it stands in a file, from the root. */
export function resolveFrom(file: string, path: string): string {
  return posix.normalize(posix.join(dirname(file), path))
}

/** Each line of a file that a pattern finds, as `file:line: text`. */
export function findLines(files: readonly string[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  )
}
