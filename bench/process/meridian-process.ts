import { join } from 'node:path'
import { processEnvironment } from '../../shared/config/environment.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { parseJsonRecord } from '../json.ts'
import { pinThreads } from './pin.ts'
import { Program } from './program.ts'
import type { ProgramOptions } from './program.ts'
import type { Usage } from './usage.ts'

const cliMain = join(packageRoot(), 'cli/main.ts')

/** How long a program may take to say what is waited for. */
const DEADLINE_MS = 60_000

export interface MeridianProcessOptions extends Pick<ProgramOptions, 'cpu' | 'niceness'> {
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[]
}

/** A command of `meridian` as a process of its own, as an operator would run it. */
export class MeridianProcess {
  readonly #program: Program

  constructor(args: readonly string[], { nodeArgs = [], ...options }: MeridianProcessOptions = {}) {
    this.#program = new Program([process.execPath, ...nodeArgs, cliMain, ...args], {
      ...options,
      env: cleanEnvironment(),
      hasChannel: true,
    })
  }

  /** When it was spawned (monotonic ms). */
  get startedAt(): number {
    return this.#program.startedAt
  }

  /** CPU time and memory until now. Throws when the process is gone. */
  usage(): Usage {
    return this.#program.usage()
  }

  /** CPU time in ms of its first thread. Throws when the process is gone. */
  mainThreadCpuMs(): number {
    return this.#program.mainThreadCpuMs()
  }

  /** As the function of that name. */
  pinThreads(cpuOf: (name: string) => number): void {
    pinThreads(this.#program.pid, cpuOf)
  }

  /** Waits for an entry of the log by its message. Rejects when the program ends without it. */
  async logged(message: string): Promise<Readonly<Record<string, unknown>>> {
    const quoted = JSON.stringify(message)
    const deadline = AbortSignal.timeout(DEADLINE_MS)
    for (;;) {
      const entry = this.#find(message)
      if (entry !== undefined) return entry
      if (this.#program.hasEnded) {
        throw new Error(`a program ended without ${quoted}:\n${this.#program.lines.join('\n')}`)
      }
      if (deadline.aborted) throw new Error(`no ${quoted} in the log after ${DEADLINE_MS} ms`)
      await this.#program.nextLine(deadline)
    }
  }

  /** Whether an entry with this message stands among the last lines of the log. */
  hasLogged(message: string): boolean {
    return this.#find(message) !== undefined
  }

  /** Where its inspector listens; throws unless it was started with `--inspect`. */
  get inspectorUrl(): string {
    for (const line of this.#program.lines) {
      const url = /^Debugger listening on (ws:\S+)$/.exec(line)?.[1]
      if (url !== undefined) return url
    }
    throw new Error('the program has no inspector')
  }

  /** Stops the program as an operator does and waits until it is gone; kills it after a deadline. */
  end(): Promise<void> {
    return this.#program.end()
  }

  #find(message: string): Readonly<Record<string, unknown>> | undefined {
    for (const line of this.#program.lines) {
      const entry = line.includes(JSON.stringify(message)) ? parseJsonRecord(line) : undefined
      if (entry?.['msg'] === message) return entry
    }
    return undefined
  }
}

/** The environment without what would change our programs. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(processEnvironment())
  return Object.fromEntries(entries.filter(([key]) => !key.startsWith('MERIDIAN_')))
}
