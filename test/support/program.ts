import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../shared/package-root.ts'

const cliMain = join(packageRoot(), 'cli/main.ts')

/** How long a program may take to do what a test waits for. */
const DEADLINE_MS = 15_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program of ours as a process of its own, with what it has written. */
export class ProgramUnderTest {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>

  /** `main` is another program than the one of this checkout. */
  constructor(
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv; main?: string } = {},
  ) {
    this.process = spawn(process.execPath, [options.main ?? cliMain, ...args], {
      cwd: options.cwd,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  /** Waits for a line of the log (JSON on stderr) with this message. Rejects when the program ends. */
  async logged(message: string): Promise<Record<string, unknown>> {
    const find = (): Record<string, unknown> | undefined => {
      for (const line of this.stderr.split('\n')) {
        if (!line.includes(JSON.stringify(message))) continue
        const entry: unknown = JSON.parse(line)
        if (isRecord(entry) && entry['msg'] === message) return entry
      }
      return undefined
    }
    let hasEnded = false
    void this.ended.then(() => (hasEnded = true))
    return until(`"${message}" in the log`, () => {
      const entry = find()
      if (entry === undefined && hasEnded) {
        throw new Error(`the program ended without "${message}":\n${this.stderr}`)
      }
      return entry
    })
  }

  /** Ends the program, by default as an operator does, and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.process.kill(signal)
    return this.ended
  }
}

/** Runs a command of `meridian` to its end. */
export function meridian(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new ProgramUnderTest(args, options).ended
}

/** Waits until `probe` gives something; fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endAt = performance.now() + deadlineMs
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    if (performance.now() > endAt) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The environment without what would change our programs. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith('MERIDIAN_')),
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
