import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { packageRoot } from '../package-root.ts'

let folder = ''
const built = (): string => join(folder, 'build', 'batch.node')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-build-'))
  for (const name of ['batch.c', 'build.mjs']) {
    copyFileSync(join(import.meta.dirname, name), join(folder, name))
  }
  symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function build(env: NodeJS.ProcessEnv, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'build.mjs'), ...args],
    { env: { ...process.env, LD_PRELOAD: '', ...env }, encoding: 'utf8' },
  )
  return { status, said: stdout + stderr }
}

it('says in one line what it built, and leaves nothing else', () => {
  expect(build({})).toEqual({ status: 0, said: `batch sockets: built ${built()}\n` })
  expect(readdirSync(join(folder, 'build'))).toEqual(['batch.node'])
})

it('without a compiler an install goes on, with one line and without an old addon', () => {
  expect(build({})).toMatchObject({ status: 0 })
  expect(build({ CC: '', PATH: folder })).toEqual({
    status: 0,
    said: 'batch sockets: not built, the edges and central will use node:dgram, which costs more CPU: no C compiler ($CC, cc, gcc, clang)\n',
  })
  expect(existsSync(built())).toBe(false)
})

it('what does not compile, or does not load, is said and fails no install', () => {
  writeFileSync(join(folder, 'batch.c'), '#error "no such libc"\n')
  const compiled = build({})
  expect(compiled.said).toMatch(/^batch sockets: not built, .*: cc: .*no such libc.*\n$/)
  writeFileSync(
    join(folder, 'batch.c'),
    'void nowhere(void);\nvoid x(void);\nvoid x(void) { nowhere(); }\n',
  )
  const loaded = build({})
  expect(loaded.said).toMatch(/^batch sockets: not built, .*nowhere.*\n$/)
  expect([compiled.status, loaded.status, readdirSync(join(folder, 'build'))]).toEqual([0, 0, []])
})

it('with --sanitize a failure is one', () => {
  writeFileSync(join(folder, 'batch.c'), '#error "no such libc"\n')
  expect(build({}, '--sanitize').status).toBe(1)
})
