import { CommanderError } from 'commander'
import type { Call, Io, Load } from './call.ts'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../shared/exit.ts'
import { createProgram } from './program.ts'

/**
 * Runs one command line to its exit code. Only commander and the help texts are loaded here; a command
 * brings its own modules when it runs, so that `--version` and `--help` are quick.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT_OK
  const program = createProgram(io, async (load, call) => {
    code = await runCommand(load, { ...call, io })
  })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (err) {
    // Commander has printed what is wrong with the command line; help and version end with 0.
    if (!(err instanceof CommanderError)) throw err
    return err.exitCode === 0 ? EXIT_OK : EXIT_USAGE
  }
  return code
}

/** What a command throws becomes one line, with the stack by `--debug`. */
async function runCommand(load: Load, call: Call): Promise<number> {
  try {
    const command = await load()
    return await command(call)
  } catch (err) {
    const { isUsage, messageLines, stackOf } = await import('./failure.ts')
    for (const line of messageLines(err)) call.io.err(`error: ${line}\n`)
    if (isDebug(call.options)) call.io.err(`${stackOf(err)}\n`)
    return isUsage(err) ? EXIT_USAGE : EXIT_FAILED
  }
}

function isDebug(options: unknown): boolean {
  const has = typeof options === 'object' && options !== null && 'debug' in options
  return has && options.debug === true
}
