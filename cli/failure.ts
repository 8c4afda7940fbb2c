import { oneLine } from '../shared/config/mistakes.ts'
import { MeridianError, messageOf } from '../shared/errors.ts'

const usageCodes: readonly string[] = [
  'MERIDIAN_USAGE',
  'MERIDIAN_CONFIG_INVALID',
  'MERIDIAN_CONFIG_UNREADABLE',
  'MERIDIAN_MANIFEST_INVALID',
]

/** Makes the error of a wrong command line: exit code 2. */
export function usageError(message: string): MeridianError {
  return new MeridianError('MERIDIAN_USAGE', message)
}

/** Whether the person who typed the command can mend this: exit code 2 instead of 1. */
export function isUsage(err: unknown): boolean {
  return err instanceof MeridianError && usageCodes.includes(err.code)
}

/** The lines to show for anything that was thrown. */
export function messageLines(err: unknown): readonly string[] {
  return messageOf(err).split('\n').map(oneLine)
}

/** The stack of an error and of its causes, for `--debug`. */
export function stackOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  const stack = err.stack ?? err.message
  return err.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(err.cause)}`
}
