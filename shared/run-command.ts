import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { processEnvironment } from './config/environment.ts'
import { messageOf } from './errors.ts'

/** Program and arguments of one command, together. */
const COMMAND_WORDS_MAX = 64
/** The longest program or argument. */
const COMMAND_WORD_MAX_CHARACTERS = 1_000
/** What is kept of what a command says, on each of stdout and stderr, in characters: the beginning. */
export const SAID_MAX_CHARACTERS = 200

/** A program with its arguments, as a config has them. */
export const commandSchema = z
  .array(z.string().min(1).max(COMMAND_WORD_MAX_CHARACTERS))
  .min(1)
  .max(COMMAND_WORDS_MAX)

/** How a command came to its end. */
export type Ended =
  | {
      readonly how: 'exit'
      readonly code: number
      /** Empty unless it was wanted. */
      readonly stdout: string
      readonly stderr: string
    }
  | { readonly how: 'signal'; readonly signal: string; readonly stderr: string }
  /** By us, when the signal aborted. */
  | { readonly how: 'killed' }
  | { readonly how: 'not-started'; readonly reason: string }

export interface CommandOptions {
  /** What it finds in its environment beside `PATH`. */
  readonly variables: Readonly<Record<string, string>>
  /** Default: what it prints goes nowhere. */
  readonly stdout?: 'keep'
}

/**
 * Runs a command without a shell and waits until it is gone; when the signal aborts, it and what it has
 * started are killed. It is given `PATH` and `variables` of the environment and nothing else, which may
 * hold secrets. Never rejects. A process that the kernel cannot end holds its place.
 */
export function runCommand(
  [program = '', ...args]: readonly string[],
  options: CommandOptions,
  signal: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ how: 'killed' })
      return
    }
    let child: ChildProcess
    try {
      child = spawn(program, args, {
        env: { ...options.variables, PATH: processEnvironment()['PATH'] },
        // A process group of its own, so that all of it can be killed.
        detached: true,
        stdio: ['ignore', options.stdout === 'keep' ? 'pipe' : 'ignore', 'pipe'],
      })
    } catch (err) {
      resolve({ how: 'not-started', reason: messageOf(err) })
      return
    }
    const stdout = keep(child.stdout)
    const stderr = keep(child.stderr)
    let wasKilled = false
    const kill = (): void => {
      wasKilled = killGroup(child)
      // What it has started may hold the other ends open.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    const end = (ended: Ended): void => {
      signal.removeEventListener('abort', kill)
      resolve(ended)
    }
    child.once('error', (err) => end({ how: 'not-started', reason: err.message }))
    child.once('close', (code, endedBy) => {
      if (wasKilled) end({ how: 'killed' })
      else if (code !== null) end({ how: 'exit', code, stdout: stdout(), stderr: stderr() })
      else end({ how: 'signal', signal: endedBy ?? '', stderr: stderr() })
    })
    signal.addEventListener('abort', kill)
  })
}

/** Keeps the beginning of what is said; gives what there is of it. Without file descriptors there is no stream. */
function keep(stream: Readable | null): () => string {
  let said = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (text: string) => {
    said += text.slice(0, SAID_MAX_CHARACTERS - said.length)
  })
  return () => said
}

/** Returns whether there was anything to kill. */
function killGroup(child: ChildProcess): boolean {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false
  try {
    return process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended in this very moment.
    return false
  }
}
