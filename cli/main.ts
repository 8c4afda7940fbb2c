#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { EXIT_FAILED, EXIT_OK } from '../shared/exit.ts'

// Halves the time to start from the second time on; what is imported before it is not kept, hence the
// dynamic import below. Where nothing can be written it does nothing.
enableCompileCache()
const { run } = await import('./run.ts')

// A reader that has seen enough (`meridian events | head`) is no failure.
process.stdout.on('error', (err: Error & { code?: string }) => {
  process.exit(err.code === 'EPIPE' ? EXIT_OK : EXIT_FAILED)
})

const code = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: process.stdin,
  isErrTty: process.stderr.isTTY,
  cwd: process.cwd(),
})

// Both streams are flushed; idle connections of a client must not hold the process.
process.stderr.write('', () => process.stdout.write('', () => process.exit(code)))
