import { z } from 'zod'
import { LOAD_MAX_PERCENT } from '../../shared/registry/limits.ts'
import { idSchema } from '../../shared/registry/schema.ts'
import { loadOf, withheldPercentOf } from '../model/shares.ts'
import type { ShareState } from '../model/shares.ts'

/** How busy endpoints are and what is withheld of them, as it is shown. */

const app = z.string().meta({ description: 'Canonical domain name', example: 'video.example.' })
const load = z.int().min(0).max(LOAD_MAX_PERCENT)
const percent = z.int().min(0).max(100)
const sinceEpoch = z.number()

/** The load of an endpoint. */
export const loadViewSchema = z
  .strictObject({
    app,
    cluster: idSchema,
    load: load.meta({
      description: 'Percent of what it can bear, in steps of 5: what edges go by',
    }),
  })
  .meta({ id: 'EndpointLoad' })

/** What is shown of it. */
export type LoadView = z.output<typeof loadViewSchema>

/** How many reports of load were taken. */
export const loadsTakenSchema = z
  .strictObject({
    taken: z.int().min(0),
    unknown: z.array(z.strictObject({ app, cluster: idSchema })).meta({
      description: 'Endpoints that are not registered',
    }),
    refused: z.array(z.strictObject({ app, cluster: idSchema })).meta({
      description: 'Endpoints for which there is no room: too many loads are reported already',
    }),
  })
  .meta({ id: 'LoadsTaken' })

/** The fields of what is said of an endpoint that tell of its share. */
export const shareShape = {
  load: load
    .optional()
    .meta({ description: 'Percent of what it can bear; absent where nobody tells' }),
  withheldPercent: percent.optional().meta({
    description:
      'Percent of the queries that it would get which others get, while it comes back or its region is relieved',
  }),
}

/** What of an endpoint tells of its share. */
export function viewShare(
  state: ShareState,
  app: string,
  cluster: string,
): { readonly load?: number; readonly withheldPercent?: number } {
  const load = loadOf(state, app, cluster)
  const withheldPercent = withheldPercentOf(state, app, cluster)
  return {
    ...(load === undefined ? {} : { load }),
    ...(withheldPercent === 0 ? {} : { withheldPercent }),
  }
}

/** The events of shares, as records of the log show them. */
export const shareEventSchemas = [
  z.strictObject({
    type: z.literal('endpoint-load'),
    app,
    cluster: idSchema,
    load: load.optional().meta({ description: 'Absent when nobody has told for 30 s' }),
  }),
  z.strictObject({
    type: z.literal('endpoint-withheld'),
    app,
    cluster: idSchema,
    percent: percent.meta({ description: '0: it gets all again' }),
    sinceEpoch: sinceEpoch.meta({ description: 'When it came up, ms since 1970' }),
  }),
  z.strictObject({
    type: z.literal('region-withheld'),
    app,
    region: z.string(),
    percent: percent.meta({ description: 'Of each endpoint of the app in the region' }),
    sinceEpoch: sinceEpoch.meta({ description: 'When it came to this step, ms since 1970' }),
  }),
] as const
