import { z } from 'zod'
import { defaultGuard } from '../model/guard.ts'

/** Options of the guard against changes that take away too much. */
export const guardOptionsSchema = z.strictObject({
  maxRemovedPercent: z
    .int()
    .min(0)
    .max(100)
    .default(defaultGuard.maxRemovedPercent)
    .describe(
      'Of the rrsets of a zone, or of the endpoints of an app or of the mesh: a change that takes more needs confirm=true',
    ),
  freeRemovals: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(defaultGuard.freeRemovals)
    .describe('So many of them go without it, whatever share they are'),
})
