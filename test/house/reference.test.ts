import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { errorCodes } from '../../shared/errors.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { readyPolicies } from '../../shared/registry/policy-schema.ts'
import { documents, filesOf, productSources, read, resolveFrom } from './files.ts'

it('what is generated from options, commands and limits is fresh', () => {
  const generate = join(packageRoot(), 'docs/generate.ts')
  const { stdout, stderr, status } = spawnSync(process.execPath, [generate, '--check'])
  expect({ status, said: `${String(stdout)}${String(stderr)}` }).toEqual({ status: 0, said: '' })
})

it('errors.md has every code of shared/errors.ts, and no other', () => {
  const rows = read('docs/reference/errors.md').matchAll(/^\| `(MERIDIAN_\w+)`/gm)
  const listed = [...rows].map(([, code]) => code ?? '')
  expect(listed.sort()).toEqual([...errorCodes].sort())
})

it('every error code is used', () => {
  const texts = productSources()
    .filter((file) => file !== 'shared/errors.ts')
    .map(read)
  const unused = errorCodes.filter((code) => !texts.some((text) => text.includes(`'${code}'`)))
  expect(unused).toEqual([])
})

it('limits.md names every constant that bounds something, with its file', () => {
  const rows = read('docs/reference/limits.md').split('\n')
  const missing = productSources().flatMap((file) =>
    [...read(file).matchAll(/^(?:export )?const ([A-Z0-9_]*(?:_MAX|MAX_)[A-Z0-9_]*)\b/gm)]
      .map(([, name]) => name)
      .filter(
        (name) => !rows.some((row) => row.includes(`\`${name}\``) && row.includes(`/${file})`)),
      )
      .map((name) => `${file}: ${name}`),
  )
  expect(missing).toEqual([])
})

it('manifest.md names every rule that a change can break, and every policy', () => {
  const text = read('docs/reference/manifest.md')
  const union = /export type RejectionCode =([^]*?)\n\n/.exec(
    read('central/model/decision.ts'),
  )?.[1]
  const codes = [...(union ?? '').matchAll(/'([a-z-]+)'/g)].map(([, code]) => code ?? '')
  expect(codes.length).toBeGreaterThan(5)
  const listed = [...text.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code]) => code ?? '')
  expect(listed.filter((code) => codes.includes(code)).sort()).toEqual(codes.sort())
  for (const policy of readyPolicies) expect(text).toContain(`\`${policy}\``)
})

it('proto.md names every file, service, call and message of proto/', () => {
  const text = read('docs/reference/proto.md')
  for (const file of filesOf('proto/**/*.proto')) {
    expect(text).toContain(file.slice('proto/'.length))
    const names = read(file).matchAll(/^\s*(?:service|rpc|message|enum) (\w+)/gm)
    for (const [, name = ''] of names) {
      // The inner enum of a message has no name of its own in the text.
      if (name !== 'Kind') expect([file, name, text.includes(name)]).toEqual([file, name, true])
    }
  }
})

it('every link between documents leads somewhere', () => {
  const broken = documents().flatMap((document) =>
    [...withoutCode(read(document)).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
      .map(([, link]) => link ?? '')
      .filter((link) => !leadsSomewhere(document, link))
      .map((link) => `${document}: ${link}`),
  )
  expect(broken).toEqual([])
})

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? document : resolveFrom(document, path).replace(/\/$/, '')
  if (filesOf(target).length === 0) return false
  if (anchor === undefined) return true
  const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title ?? '')
  return headings.some((title) => slugOf(title) === anchor)
}

/** The anchor that a heading gets. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}
