// Builds the batch-socket addon: `node build.mjs [--sanitize]`.
//
// The install step of the package, so it runs with whatever Node is there, downloads nothing, and
// never fails: without the addon the edge runs on node:dgram. With --sanitize (AddressSanitizer and
// UndefinedBehaviorSanitizer, for the addon's own test) a build that fails is an error.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return --
   plain JavaScript, outside of the TypeScript projects: nothing here has a type */
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const sanitize = process.argv.includes('--sanitize')
const target = join(here, 'build', sanitize ? 'batch-sanitized.node' : 'batch.node')
const temporary = `${target}.${process.pid}.tmp`

/** Returns why there is no addon; undefined when there is. */
function build() {
  if (process.platform !== 'linux') return `they need Linux, this is ${process.platform}`
  try {
    const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers')
    const compiler = findCompiler()
    if (compiler === undefined) return 'no C compiler ($CC, cc, gcc, clang)'
    mkdirSync(dirname(target), { recursive: true })
    const compiled = run(compiler, ...flags(headers), '-o', temporary, join(here, 'batch.c'))
    if (compiled !== undefined) return compiled
    // Says at once what would only be seen at start, such as a missing symbol. The sanitized one
    // can be loaded only where its runtime was loaded first.
    const loaded = sanitize
      ? undefined
      : run(process.execPath, '-e', 'process.dlopen({ exports: {} }, process.argv[1])', temporary)
    if (loaded !== undefined) return loaded
    // At once, so that an edge that starts meanwhile finds a whole file, and one that runs keeps its own.
    renameSync(temporary, target)
    return undefined
  } catch (err) {
    return err instanceof Error ? firstLine(err.message) : String(err)
  }
}

/** Returns the words of the first compiler that runs: `CC` may bring options (`ccache gcc`). */
function findCompiler() {
  const own = (process.env.CC ?? '').split(' ').filter((word) => word !== '')
  return [own, ['cc'], ['gcc'], ['clang']].find(
    ([program, ...options]) =>
      program !== undefined &&
      spawnSync(program, [...options, '--version'], { stdio: 'ignore' }).status === 0,
  )
}

const strict = '-std=gnu11 -Wall -Wextra -Werror -fPIC -shared -pthread -fvisibility=hidden'
const linked = '-Wl,-z,relro,-z,now,-z,noexecstack'
const hardened = '-O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2'
const sanitized =
  '-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'

/** Returns the compiler's options; `headers` are not ours, so warnings in them do not count. */
function flags(headers) {
  const words = `${strict} ${linked} ${sanitize ? sanitized : hardened}`
  return [...words.split(' '), '-isystem', headers]
}

/** Runs a program; returns why it failed. */
function run(program, ...args) {
  const [file, ...before] = [program].flat()
  const { status, signal, stderr, error } = spawnSync(file, [...before, ...args], {
    encoding: 'utf8',
  })
  if (status === 0) return undefined
  const said =
    (stderr ?? '').split('\n').find((line) => /error/i.test(line)) ?? firstLine(stderr ?? '')
  return `${file}: ${error?.message ?? (said === '' ? `ended with ${signal ?? status}` : said)}`
}

function firstLine(text) {
  return text.split('\n')[0] ?? ''
}

const failure = build()
rmSync(temporary, { force: true })
if (failure === undefined) {
  process.stdout.write(`batch sockets: built ${target}\n`)
} else if (sanitize) {
  process.stderr.write(`batch sockets: not built: ${failure}\n`)
  process.exitCode = 1
} else {
  // One of an earlier install may not fit what is there now.
  rmSync(target, { force: true })
  process.stdout.write(
    `batch sockets: not built, the edges and central will use node:dgram, which costs more CPU: ${failure}\n`,
  )
}
