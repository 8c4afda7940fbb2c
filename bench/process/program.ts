import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { systemClock } from '../../shared/clock.ts'
import { readGroupUsage, readMainThreadCpuMs } from './usage.ts'
import type { Usage } from './usage.ts'

/** How long a program may take to end once it has been asked to. */
const END_DEADLINE_MS = 60_000
/** Lines of output that are kept to be searched and shown. */
const LINES_MAX = 1_000

export interface ProgramOptions {
  /** The only core that it may run on. */
  readonly cpu?: number | undefined
  /** 0 to 19: how far others that want its core come before it (nice(1)). */
  readonly niceness?: number | undefined
  readonly env: NodeJS.ProcessEnv
  /** Gives it a channel by which a program of ours hears of the end of the bench, even when killed. */
  readonly hasChannel?: boolean
}

/**
 * A program as a process group of its own, which ends with the bench at the latest. The group, because
 * some servers are several processes.
 */
export class Program {
  /** When it was spawned (monotonic ms). */
  readonly startedAt: number
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #listeners = new Set<() => void>()
  readonly #ended: Promise<void>
  #hasEnded = false

  constructor(command: readonly string[], { cpu, niceness, env, hasChannel }: ProgramOptions) {
    const pinned = cpu === undefined ? [] : ['taskset', '--cpu-list', String(cpu)]
    const nice = niceness === undefined ? [] : ['nice', '-n', String(niceness)]
    const [file = '', ...rest] = [...nice, ...pinned, ...command]
    this.startedAt = systemClock.nowMs()
    this.#child = spawn(file, rest, {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', hasChannel === true ? 'ipc' : 'ignore'],
    })
    const kill = (): void => this.#kill()
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
    this.#read(this.#child.stdout)
    this.#read(this.#child.stderr)
  }

  /** The last lines of its output. */
  get lines(): readonly string[] {
    return this.#lines
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** CPU time and memory until now, of the whole group. Throws when the process is gone. */
  usage(): Usage {
    return readGroupUsage(this.pid)
  }

  /** CPU time in ms of the first thread of the program itself. Throws when it is gone. */
  mainThreadCpuMs(): number {
    return readMainThreadCpuMs(this.pid)
  }

  /** Waits for the next line of its output or its end, at most until `deadline`. */
  nextLine(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.add(resolve)
      deadline.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Stops it as an operator does and waits until it is gone; kills it after the deadline. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.#kill(), END_DEADLINE_MS)
    this.#child.kill('SIGTERM')
    await this.#ended
    clearTimeout(timer)
  }

  /** Of the program itself. Throws when it is gone. */
  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined || this.#hasEnded) throw new Error('the program does not run')
    return pid
  }

  #kill(): void {
    const { pid } = this.#child
    if (pid === undefined || this.#hasEnded) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // The whole group is gone already.
    }
  }

  #read(stream: Readable | null): void {
    if (stream !== null) createInterface(stream).on('line', (line) => this.#keep(line))
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
}
