import { z } from 'zod'
import { endpointStates, idSchema } from '../../shared/registry/schema.ts'
import { maintenanceEndWhys } from '../model/events.ts'
import type { MaintenanceWindow } from '../model/events.ts'
import type { StoredWindow } from '../model/state.ts'

/** Windows of maintenance, as they are shown. */

const nameText = z
  .string()
  .meta({ description: 'Canonical domain name', example: 'video.example.' })
const timeText = z
  .string()
  .meta({ description: 'Time (RFC 3339)', example: '2026-12-01T22:00:00.000Z' })
const windowShape = {
  id: idSchema,
  state: z.enum(endpointStates).meta({ description: 'What the target counts as meanwhile' }),
  reason: z.string().meta({ description: 'Why, for people' }),
  actor: z.string().meta({ description: 'Who asked for it: the name of the token' }),
}
const timesShape = { from: timeText, until: timeText }

/** A window. */
export const maintenanceViewSchema = z
  .strictObject({
    ...windowShape,
    ...timesShape,
    target: z.strictObject({
      cluster: idSchema,
      app: nameText.optional().meta({ description: 'Only the endpoint of this app' }),
    }),
    isInForce: z.boolean().meta({ description: 'Whether it has begun' }),
  })
  .meta({ id: 'Maintenance' })

/** What `viewMaintenance` makes. */
export type MaintenanceView = z.output<typeof maintenanceViewSchema>

/** Shows a window. */
export function viewMaintenance({ value, isInForce }: StoredWindow): MaintenanceView {
  const { cluster, app } = value
  const target = { cluster, ...(app === undefined ? {} : { app }) }
  return { ...shownOf(value), target, isInForce }
}

/** The windows in force beside the cluster that they are on. */
export const maintenanceOfClusterSchema = z
  .array(z.strictObject({ ...windowShape, ...timesShape }))
  .optional()
  .meta({
    description: 'Maintenance that is in force; the worst state, its own too, is what counts',
  })

/** What `viewInForce` makes. */
type InForceView = z.output<typeof maintenanceOfClusterSchema>

/** Shows the windows in force on a cluster; absent where there are none. */
export function viewInForce(windows: readonly MaintenanceWindow[]): {
  readonly maintenance?: NonNullable<InForceView>
} {
  return windows.length === 0 ? {} : { maintenance: windows.map(shownOf) }
}

const eventShape = {
  ...windowShape,
  cluster: idSchema,
  app: nameText.optional(),
  fromEpoch: z.number().meta({ description: 'Ms since 1970' }),
  untilEpoch: z.number().meta({ description: 'Ms since 1970' }),
}

/** The events of maintenance, as records of the log show them. */
export const maintenanceEventSchemas = [
  z.strictObject({ type: z.literal('maintenance-put'), ...eventShape }),
  z.strictObject({ type: z.literal('maintenance-begun'), ...eventShape }),
  z.strictObject({
    type: z.literal('maintenance-ended'),
    ...eventShape,
    why: z.enum(maintenanceEndWhys),
  }),
] as const

function shownOf({ id, fromEpoch, untilEpoch, state, reason, actor }: MaintenanceWindow) {
  const from = new Date(fromEpoch).toISOString()
  const until = new Date(untilEpoch).toISOString()
  return { id, from, until, state, reason, actor }
}
