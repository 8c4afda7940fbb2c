import { z } from 'zod'
import { checkValue } from '../shared/config/check.ts'
import { formatMistake, type Mistake } from '../shared/config/mistakes.ts'
import type { Io } from './call.ts'
import { EXIT_USAGE } from '../shared/exit.ts'
import { usageError } from './failure.ts'

/** Options that every command takes. */
export const globalOptions = {
  output: z.enum(['table', 'json']),
  url: z.string().optional(),
  tokenFile: z.string().optional(),
}

/** A number as it comes from the command line. */
export function numberOption(range: z.ZodNumber): z.ZodType<number, string> {
  return z
    .string()
    .transform((text) => (text.trim() === '' ? Number.NaN : Number(text)))
    .pipe(range)
}

/** `--limit` of the lists: how many objects at most, over all pages. */
export const limitOption = numberOption(z.int().min(1).max(1_000_000)).optional()

/** Checks the options of a command. Throws a usage error that names each wrong one. */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const checked = checkValue(schema, options, '')
  if (checked.ok) return checked.value
  throw usageError(checked.mistakes.map(formatOptionMistake).join('\n'))
}

function formatOptionMistake(mistake: Mistake): string {
  return formatMistake({ ...mistake, file: flagOf(mistake.path), path: '' })
}

/** The flag of an option: `ttlMin` is `--ttl-min`. */
function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Prints mistakes, one line each, and returns the exit code that goes with them. */
export function refuse(io: Io, mistakes: readonly Mistake[]): number {
  for (const mistake of mistakes) io.err(`${formatMistake(mistake)}\n`)
  return EXIT_USAGE
}

/** The operand at `index`. Commander has checked that it is there. */
export function operand(args: readonly string[], index: number): string {
  const arg = args[index]
  if (arg === undefined) throw usageError(`operand ${index + 1} is missing`)
  return arg
}
