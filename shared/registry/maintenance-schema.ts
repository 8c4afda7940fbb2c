import { z } from 'zod'
import { forceSchema } from './force-schema.ts'
import { MAINTENANCE_MAX_SECONDS } from './limits.ts'
import { nameSchema } from './fields.ts'
import { endpointStates, idSchema } from './schema.ts'

/** A time as of RFC 3339; becomes milliseconds since 1970. */
const timeSchema = z.iso
  .datetime({ offset: true, error: 'is not a time such as 2026-12-01T22:00:00Z' })
  .meta({ description: 'Time (RFC 3339)', example: '2026-12-01T22:00:00Z' })
  .transform((text) => Date.parse(text))

/** What operators work on: a cluster, or the endpoint of one app on it. */
const targetSchema = z.strictObject({
  cluster: idSchema,
  app: nameSchema.optional().meta({
    description: 'Only the endpoint of this app on the cluster; without it the cluster',
  }),
})

/** A window of maintenance, as an operator asks for it. */
export const maintenanceSchema = z
  .strictObject({
    id: idSchema.optional().meta({ description: 'That of the path' }),
    target: targetSchema,
    from: timeSchema,
    until: timeSchema,
    state: z
      .enum(endpointStates)
      .default('draining')
      .meta({ description: 'What the target counts as meanwhile, where its own is not worse' }),
    reason: forceSchema.shape.reason,
  })
  .superRefine(({ from, until }, ctx) => {
    if (from >= until) {
      ctx.addIssue({ code: 'custom', path: ['until'], message: 'is not after from', input: until })
    } else if (until - from > MAINTENANCE_MAX_SECONDS * 1000) {
      const message = `is more than ${MAINTENANCE_MAX_SECONDS / 86_400} days after from`
      ctx.addIssue({ code: 'custom', path: ['until'], message, input: until })
    }
  })
