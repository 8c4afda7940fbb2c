import { runCommand, SAID_MAX_CHARACTERS } from '../../shared/run-command.ts'
import type { Ended } from '../../shared/run-command.ts'
import { assertNever } from '../../shared/errors.ts'
import { parseLoad, WANTED_LOAD } from '../load-text.ts'

/** What one run of the command found. */
export type Measured =
  /** In percent of what the machine can bear. */
  { readonly ok: true; readonly load: number } | { readonly ok: false; readonly detail: string }

/** Measures once how busy this machine is. Never rejects. */
export type MeasureLoad = (signal: AbortSignal) => Promise<Measured>

/** A command that has not ended by then is killed, with what it has started. */
const TIMEOUT_MS = 5_000

/**
 * Creates what runs a command and reads the load that it prints: one number, in percent, and nothing else. Of
 * the environment the command gets `PATH` and `variables`.
 */
export function createLoadCommand(
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
  timeoutMs = TIMEOUT_MS,
): MeasureLoad {
  return async (signal) => {
    const cut = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    return measuredOf(await runCommand(command, { variables, stdout: 'keep' }, cut), timeoutMs)
  }
}

function measuredOf(ended: Ended, timeoutMs: number): Measured {
  switch (ended.how) {
    case 'exit': {
      const { code, stdout, stderr } = ended
      if (code !== 0) return failed(`it ended with ${code}: ${stderr.trim()}`)
      // What is behind the part that is kept is not known.
      const load = stdout.length < SAID_MAX_CHARACTERS ? parseLoad(stdout.trim()) : undefined
      if (load !== undefined) return { ok: true, load }
      return failed(`it printed ${JSON.stringify(stdout)}, wanted is ${WANTED_LOAD}`)
    }
    case 'killed':
      return failed(`it did not end within ${timeoutMs} ms`)
    case 'signal':
      return failed(`it was ended by ${ended.signal}`)
    case 'not-started':
      return failed(`it cannot be run: ${ended.reason}`)
    default:
      return assertNever(ended)
  }
}

function failed(detail: string): Measured {
  return { ok: false, detail }
}
