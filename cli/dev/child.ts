import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How soon a program that crashed is started again. */
const RESTART_MS = 500
/** How long a program may take to end before it is killed. */
const STOP_MS = 8_000

export interface ChildOptions {
  /** For people: `central`, `edge sfo`. */
  readonly label: string
  readonly args: readonly string[]
  readonly logFile: string
  /** Told when the program ended and nobody here had asked for it. */
  readonly onEnd: (how: string, willRestart: boolean) => void
}

/**
 * One program of the mesh as a process of its own. A crash starts it again; a clean end (somebody
 * stopped it) does not. It has an IPC channel, so that it ends when this process is killed.
 */
export class Child {
  readonly #options: ChildOptions
  #process: ChildProcess | undefined
  #restart: NodeJS.Timeout | undefined
  #isStopping = false
  #isUp = false

  constructor(options: ChildOptions) {
    this.#options = options
  }

  get label(): string {
    return this.#options.label
  }

  /** Whether the program has said that it serves. */
  get isUp(): boolean {
    return this.#isUp
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  start(): void {
    const { args, logFile } = this.#options
    const log = openSync(logFile, 'a', 0o600)
    // `main.ts` in a checkout, `main.js` in dist/: the compiler leaves names in strings as they are.
    const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))
    // A group of its own: Ctrl-C in the terminal reaches this process only, which stops the others.
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    })
    closeSync(log)
    this.#process = child
    child.on('message', () => (this.#isUp = true))
    child.once('exit', (code, signal) => this.#ended(code, signal))
  }

  /** Ends the program: SIGTERM, then SIGKILL when it takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    const child = this.#process
    if (child === undefined) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(timer)
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.#process = undefined
    this.#isUp = false
    if (this.#isStopping) return
    const willRestart = code !== 0 && code !== 2
    this.#options.onEnd(signal ?? `exit code ${code}`, willRestart)
    if (willRestart) this.#restart = setTimeout(() => this.start(), RESTART_MS)
  }
}
