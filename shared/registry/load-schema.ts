import { z } from 'zod'
import { LOAD_MAX_PERCENT, LOADS_MAX } from './limits.ts'
import { nameSchema } from './fields.ts'
import { idSchema } from './schema.ts'

/** How busy an endpoint is: percent of what it can bear, over 100 when it is more than that. */
export const loadSchema = z
  .number()
  .min(0)
  .max(LOAD_MAX_PERCENT)
  .meta({ description: 'Percent of what it can bear', example: 70 })

/** What is sent to report the loads of many endpoints. */
export const loadReportsSchema = z.strictObject({
  loads: z
    .array(z.strictObject({ app: nameSchema, cluster: idSchema, load: loadSchema }))
    .min(1)
    .max(LOADS_MAX),
})
