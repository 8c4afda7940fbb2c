import { z } from 'zod'
import { CHECK_TEXT_MAX_CHARACTERS } from '../../shared/registry/limits.ts'
import { commandSchema } from '../../shared/run-command.ts'

/** Commands that the config of an edge may name. */
const COMMANDS_MAX = 64

/** Options of the health checks that an edge makes, in its config under `health`. */
export const healthOptionsSchema = z.strictObject({
  probesMax: z
    .int()
    .min(1)
    .max(4_096)
    .default(256)
    .describe(
      'Probes under way at once, count; each takes a file descriptor, at most for its timeout. ' +
        'Those that are due beyond it wait, in order.',
    ),
  commands: z
    .record(z.string().min(1).max(CHECK_TEXT_MAX_CHARACTERS), commandSchema)
    .refine((commands) => Object.keys(commands).length <= COMMANDS_MAX, {
      error: `has more than ${COMMANDS_MAX} commands`,
    })
    .default({})
    .describe(
      'Programs with their arguments, by the names that checks of the type command give. Nothing ' +
        'else is ever run: central names a command, and never says what it is.',
    ),
})

export type HealthOptions = Readonly<z.output<typeof healthOptionsSchema>>
