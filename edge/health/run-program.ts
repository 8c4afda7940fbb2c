import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { processEnvironment } from '../../shared/config/environment.ts'
import { messageOf } from '../../shared/errors.ts'
import { DETAIL_MAX_CHARACTERS } from './results.ts'

/** How a program came to its end. */
export type Ended =
  | { readonly how: 'exit'; readonly code: number; readonly stderr: string }
  | { readonly how: 'signal'; readonly signal: string; readonly stderr: string }
  /** By us, when the signal aborted. */
  | { readonly how: 'killed' }
  | { readonly how: 'not-started'; readonly reason: string }

/**
 * Runs a program without a shell and waits until it is gone; when the signal aborts, it and what it has
 * started are killed. It is given `PATH` and `variables` of the environment and nothing else, which may
 * hold secrets. Never rejects. A process that the kernel cannot end holds its place.
 */
export function runProgram(
  [program = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
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
        env: { ...variables, PATH: processEnvironment()['PATH'] },
        // A process group of its own, so that all of it can be killed.
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    } catch (err) {
      resolve({ how: 'not-started', reason: messageOf(err) })
      return
    }
    let stderr = ''
    let wasKilled = false
    const kill = (): void => {
      wasKilled = killGroup(child)
      // What it has started may hold the other end open.
      child.stderr?.destroy()
    }
    const end = (ended: Ended): void => {
      signal.removeEventListener('abort', kill)
      resolve(ended)
    }
    child.once('error', (err) => end({ how: 'not-started', reason: err.message }))
    child.once('close', (code, endedBy) => {
      if (wasKilled) end({ how: 'killed' })
      else if (code !== null) end({ how: 'exit', code, stderr })
      else end({ how: 'signal', signal: endedBy ?? '', stderr })
    })
    signal.addEventListener('abort', kill)
    // Without file descriptors there is a child, and no pipe.
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => {
      stderr += text.slice(0, DETAIL_MAX_CHARACTERS - stderr.length)
    })
  })
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
