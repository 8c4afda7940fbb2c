import { Readable } from 'node:stream'
import { afterAll, expect, it } from 'vitest'
import { run } from '../../cli/run.ts'
import { TestFolder } from '../support/mesh.ts'
import { documents, filesOf, read } from './files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** Files of other programs. */
const foreign: readonly string[] = []

/** What `meridian config check --no-env FILE` says; the kind of file that it found when all is good. */
async function check(file: string): Promise<string> {
  let said = ''
  await run(['config', 'check', '--no-env', file], {
    out: (text) => void (said += text),
    err: (text) => void (said += text),
    stdin: Readable.from([]),
    isErrTty: false,
    cwd: folder.path,
  })
  return said.replace(/^.*: ok \(\w+\)\n$/, 'ok')
}

const samples = [...filesOf('deploy/**/*.{yaml,yml}'), ...filesOf('deploy/topology/*.json')].filter(
  (file) => !foreign.includes(file),
)

it.each(samples)('%s passes `meridian config check`', async (file) => {
  expect(await check(file)).toBe('ok')
})

const fences = documents().flatMap((document) =>
  [...read(document).matchAll(/^```yaml\n([^]*?)^```$/gm)].map((match) => ({
    place: `${document}:${read(document).slice(0, match.index).split('\n').length}`,
    yaml: match[1] ?? '',
  })),
)

it.each(fences)('the YAML of $place passes `meridian config check`', async ({ place, yaml }) => {
  const file = folder.write(`${place.replaceAll(/[/:]/g, '-')}.yaml`, yaml)
  expect(await check(file)).toBe('ok')
})

it('there are samples and fences', () => {
  expect(samples.length).toBeGreaterThan(1)
  expect(fences.length).toBeGreaterThan(3)
})
