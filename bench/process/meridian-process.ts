import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { processEnvironment } from '../../shared/config/environment.ts'
import { systemClock } from '../../shared/clock.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { parseJsonRecord } from '../json.ts'
import { readUsage } from './usage.ts'
import type { Usage } from './usage.ts'

const cliMain = join(packageRoot(), 'cli/main.ts')

/** How long a program may take to say what is waited for, and to end. */
const DEADLINE_MS = 60_000
/** Lines of the log that are kept to be searched and shown. */
const LINES_MAX = 1_000

/** A command of `meridian` as a process of its own, as an operator would run it. */
export class MeridianProcess {
  /** When it was spawned (monotonic ms). */
  readonly startedAt: number
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #listeners = new Set<() => void>()
  readonly #ended: Promise<void>
  #hasEnded = false

  /** `cpu`: the only core that it may run on. */
  constructor(args: readonly string[], options: { readonly cpu?: number } = {}) {
    const command = [process.execPath, cliMain, ...args]
    const pinned = options.cpu === undefined ? [] : ['taskset', '--cpu-list', String(options.cpu)]
    const [file = '', ...rest] = [...pinned, ...command]
    this.startedAt = systemClock.nowMs()
    this.#child = spawn(file, rest, {
      env: cleanEnvironment(),
      // By the channel it hears of the end of the bench even when that was killed.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const kill = (): void => void this.#child.kill('SIGKILL')
    // Before the folders of the bench are removed: a stop in good order would write into them again.
    process.prependOnceListener('exit', kill)
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        process.off('exit', kill)
        this.#hasEnded = true
        this.#tell()
        resolve()
      }
      this.#child.once('close', end)
      this.#child.once('error', (err) => {
        this.#keep(`${file}: ${err.message}`)
        end()
      })
    })
    const { stderr } = this.#child
    if (stderr !== null) createInterface(stderr).on('line', (line) => this.#keep(line))
  }

  /** CPU time and memory until now. Throws when the process is gone. */
  usage(): Usage {
    return readUsage(this.#pid())
  }

  /** Waits for an entry of the log by its message. Rejects when the program ends without it. */
  async logged(message: string): Promise<Readonly<Record<string, unknown>>> {
    const quoted = JSON.stringify(message)
    const deadline = AbortSignal.timeout(DEADLINE_MS)
    for (;;) {
      const entry = this.#find(message)
      if (entry !== undefined) return entry
      if (this.#hasEnded) {
        throw new Error(`a program ended without ${quoted}:\n${this.#lines.join('\n')}`)
      }
      if (deadline.aborted) throw new Error(`no ${quoted} in the log after ${DEADLINE_MS} ms`)
      await this.#nextLine(deadline)
    }
  }

  /** Whether an entry with this message stands among the last lines of the log. */
  hasLogged(message: string): boolean {
    return this.#find(message) !== undefined
  }

  /** Stops the program as an operator does and waits until it is gone; kills it after the deadline. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), DEADLINE_MS)
    this.#child.kill('SIGTERM')
    await this.#ended
    clearTimeout(timer)
  }

  #find(message: string): Readonly<Record<string, unknown>> | undefined {
    for (const line of this.#lines) {
      const entry = line.includes(JSON.stringify(message)) ? parseJsonRecord(line) : undefined
      if (entry?.['msg'] === message) return entry
    }
    return undefined
  }

  #pid(): number {
    const { pid } = this.#child
    if (pid === undefined || this.#hasEnded) throw new Error('the program does not run')
    return pid
  }

  #keep(line: string): void {
    if (this.#lines.length >= LINES_MAX) this.#lines.shift()
    this.#lines.push(line)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
  }

  #nextLine(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.add(resolve)
      deadline.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

/** The environment without what would change our programs. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(processEnvironment())
  return Object.fromEntries(entries.filter(([key]) => !key.startsWith('MERIDIAN_')))
}
