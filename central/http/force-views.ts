import { z } from 'zod'
import { forcedStates } from '../../shared/registry/force-schema.ts'
import { idSchema } from '../../shared/registry/schema.ts'
import { unforcedWhys } from '../model/events.ts'

/** What operators have forced, as it is shown. */

const app = z.string().meta({ description: 'Canonical domain name', example: 'video.example.' })

const told = {
  state: z.enum(forcedStates).meta({ description: 'What edges are told, whatever is found out' }),
  sinceEpoch: z.number().meta({ description: 'When it was asked for, ms since 1970' }),
  untilEpoch: z.number().meta({ description: 'When it ends by itself, ms since 1970' }),
  reason: z.string().meta({ description: 'Why, for people' }),
  actor: z.string().meta({ description: 'Who asked for it: the name of the token' }),
}

/** What an endpoint is forced to be. */
export const forceViewSchema = z
  .strictObject({ app, cluster: idSchema, ...told })
  .meta({ id: 'EndpointForce' })

/** The same beside what is said of the endpoint. */
export const forcedSchema = z
  .strictObject(told)
  .optional()
  .meta({ description: 'What an operator has forced it to be; goes over the state' })

/** The events of forces, as records of the log show them. */
export const forceEventSchemas = [
  z.strictObject({ type: z.literal('endpoint-forced'), app, cluster: idSchema, ...told }),
  z.strictObject({
    type: z.literal('endpoint-unforced'),
    app,
    cluster: idSchema,
    why: z.enum(unforcedWhys),
  }),
] as const
