import type { z } from 'zod'
import { processEnvironment } from './config/environment.ts'
import { loadConfig } from './config/load.ts'
import { formatMistake } from './config/mistakes.ts'
import { MeridianError, messageOf } from './errors.ts'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from './exit.ts'
import type { Logger } from './log.ts'
import type { Startable } from './startable.ts'

/** A program that runs until it is told to stop. */
export interface Program extends Startable {
  /** Ends a stop that is under way at once. */
  abort(): void
}

/** Writes a line to stderr, for people. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * Loads the config, starts the program, and runs it until SIGTERM or SIGINT; a second signal ends it
 * at once. Resolves with the exit code. Everything that is wrong before it runs is one line on stderr.
 */
export async function runProgram<Schema extends z.ZodType>(options: {
  readonly schema: Schema
  readonly configFile: string
  readonly create: (config: z.output<Schema>) => {
    readonly program: Program
    readonly logger: Logger
  }
}): Promise<number> {
  const { schema, configFile, create } = options
  const loaded = loadConfig({ schema, file: configFile, env: processEnvironment() })
  if (!loaded.ok) {
    for (const mistake of loaded.mistakes) complain(formatMistake(mistake))
    return EXIT_USAGE
  }
  let created
  try {
    created = create(loaded.value)
    await created.program.start()
  } catch (err) {
    complain(err instanceof MeridianError ? `${err.code}: ${err.message}` : String(err))
    return isConfigError(err) ? EXIT_USAGE : EXIT_FAILED
  }
  const { program, logger } = created
  // A parent with an IPC channel hears that it is this process which serves, not another on its ports.
  if (process.connected) process.send?.('up')
  // A parent that has gone while the program started is not told of any more.
  const signal = isOrphan() ? 'disconnect' : await nextSignal()
  logger.info({ signal }, 'stopping')
  const stopped = program.stop().then(
    () => EXIT_OK,
    (err: unknown) => {
      logger.error({ detail: messageOf(err) }, 'stop failed')
      return EXIT_FAILED
    },
  )
  const hurried = nextSignal().then((again) => {
    logger.warn({ signal: again }, 'ending at once')
    program.abort()
    return EXIT_FAILED
  })
  return Promise.race([stopped, hurried])
}

function isConfigError(err: unknown): boolean {
  return (
    err instanceof MeridianError &&
    ['MERIDIAN_CONFIG_INVALID', 'MERIDIAN_CONFIG_UNREADABLE', 'MERIDIAN_CLUSTER_UNKNOWN'].includes(
      err.code,
    )
  )
}

/** Whether the program was given an IPC channel that has no other end any more. */
function isOrphan(): boolean {
  // Without a channel it is undefined, whatever its type says.
  const connected: unknown = process.connected
  return connected === false
}

export type StopCause = NodeJS.Signals | 'disconnect'

/** The next reason to stop. A program with an IPC channel also stops when its parent is gone. */
export function nextSignal(): Promise<StopCause> {
  return new Promise((resolve) => {
    const take = (cause: StopCause): void => {
      process.off('SIGTERM', take)
      process.off('SIGINT', take)
      process.off('disconnect', onDisconnect)
      resolve(cause)
    }
    const onDisconnect = (): void => take('disconnect')
    process.on('SIGTERM', take)
    process.on('SIGINT', take)
    process.on('disconnect', onDisconnect)
    process.channel?.unref()
  })
}
