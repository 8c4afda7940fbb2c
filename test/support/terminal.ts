import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { packageRoot } from '../../shared/package-root.ts'
import { until } from './program.ts'

/** What a run of a checkout leaves behind, and what must not be shared with the real one. */
const notLinked = new Set(['.git', '.meridian', 'dist', 'coverage'])

/** Makes a folder that looks like a checkout to those who run commands in it, with data of its own. */
export function createCheckout(folder: string): string {
  const checkout = join(folder, 'checkout')
  mkdirSync(checkout)
  for (const entry of readdirSync(packageRoot())) {
    if (!notLinked.has(entry)) symlinkSync(join(packageRoot(), entry), join(checkout, entry))
  }
  return checkout
}

/**
 * A shell that a user types into: folder, variables and aliases last from one command to the next. In it
 * `dig` is ours, so that nothing has to be installed.
 */
export class Terminal {
  readonly #shell: ChildProcess
  readonly #folder: string
  #output = ''
  #count = 0

  /** `folder`: for files of the terminal itself. `cwd`: where the user stands. */
  constructor(folder: string, cwd: string) {
    this.#folder = folder
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    const dig = join(packageRoot(), 'test/support/dig.ts')
    writeFileSync(join(bin, 'dig'), `#!/bin/sh\nexec '${process.execPath}' '${dig}' "$@"\n`)
    chmodSync(join(bin, 'dig'), 0o755)
    this.#shell = spawn('sh', [], {
      cwd,
      env: userEnvironment(bin),
      stdio: 'pipe',
      // A group of its own, so that what runs in the background can be ended with it.
      detached: true,
    })
    const take = (chunk: Buffer): void => void (this.#output += chunk.toString())
    this.#shell.stdout?.on('data', take)
    this.#shell.stderr?.on('data', take)
    this.#shell.stdin?.write('exec 2>&1\n')
  }

  /** Runs commands to their end; resolves with what they printed, stdout and stderr as they came. */
  async run(commands: string): Promise<string> {
    const file = join(this.#folder, `commands-${++this.#count}.sh`)
    writeFileSync(file, commands)
    this.#output = ''
    const end = `end of ${this.#count}`
    this.#shell.stdin?.write(`. '${file}' </dev/null; printf '%s\\n' '${end}'\n`)
    return until(`the end of ${commands}`, () =>
      this.#output.endsWith(`${end}\n`) ? this.#output.slice(0, -end.length - 1) : undefined,
    )
  }

  /** Ends the shell and all that it has left in the background. */
  close(): void {
    killGroup(this.#shell, 'SIGKILL')
  }
}

/** A command that runs until Ctrl-C, in a terminal of its own. */
export class RunningCommand {
  readonly #process: ChildProcess
  stdout = ''
  readonly #ended: Promise<void>

  constructor(command: string, cwd: string) {
    this.#process = spawn('sh', ['-c', `exec ${command}`], {
      cwd,
      env: userEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.#ended = new Promise((resolve) => this.#process.once('close', () => resolve()))
  }

  /** Presses Ctrl-C: the signal goes to every process of the terminal. Resolves when all have ended. */
  interrupt(): Promise<void> {
    killGroup(this.#process, 'SIGINT')
    return this.#ended
  }
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // All of them have ended already.
  }
}

/** The environment of a user: without what the test runner and npm have put there. */
function userEnvironment(bin?: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([key]) => !/^(MERIDIAN_|npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$)/i.test(key),
  )
  const env: NodeJS.ProcessEnv = Object.fromEntries(own)
  return bin === undefined ? env : { ...env, PATH: [bin, env['PATH']].join(delimiter) }
}
