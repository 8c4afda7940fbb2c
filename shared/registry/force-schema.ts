import { z } from 'zod'
import { FORCE_MAX_SECONDS, FORCE_REASON_MAX_CHARACTERS } from './limits.ts'

/** What an endpoint can be forced to be, whatever is found out about it. */
export const forcedStates = ['up', 'down'] as const

export type ForcedState = (typeof forcedStates)[number]

/** What an operator asks for. */
export const forceSchema = z.strictObject({
  state: z.enum(forcedStates).meta({ description: 'What edges are told, whatever is found out' }),
  seconds: z
    .int()
    .min(1)
    .max(FORCE_MAX_SECONDS)
    .meta({ description: 'For how long; then it ends by itself' }),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(FORCE_REASON_MAX_CHARACTERS)
    .regex(/^\P{Cc}*$/u, { error: 'holds a control character' })
    .meta({ description: 'Why, for people' }),
})
