// Runs the tests of the batch sockets with AddressSanitizer and UndefinedBehaviorSanitizer in the
// addon: `node sanitize.mjs`. The first error that they find ends the test, which then fails.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access --
   plain JavaScript, outside of the TypeScript projects: nothing here has a type */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')

execFileSync(process.execPath, [join(here, 'build.mjs'), '--sanitize'], { stdio: 'inherit' })

// Node is not built with the sanitizer, so its runtime has to be there before everything else.
const [compiler, ...options] = (process.env.CC ?? 'cc').split(' ')
const runtime = execFileSync(compiler, [...options, '-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).trim()
if (!existsSync(runtime)) throw new Error(`no AddressSanitizer runtime of ${compiler}: ${runtime}`)

const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', `${relative(root, here)}/batch-`],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_PRELOAD: runtime,
      // Node does not free everything at its end.
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      MERIDIAN_TEST_BATCH_ADDON: join(here, 'build', 'batch-sanitized.node'),
    },
  },
)
process.exitCode = status ?? 1
