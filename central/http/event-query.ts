import { z } from 'zod'
import { nameSchema } from '../../shared/registry/fields.ts'
import { idSchema } from '../../shared/registry/schema.ts'
import type { EventFilter } from '../registry/event-filter.ts'
import { eventTypes } from './views.ts'

/** A time of a query (RFC 3339); becomes ms since 1970. */
export const timeQuerySchema = z.iso
  .datetime({ offset: true, error: 'is not a time such as 2026-12-01T22:00:00Z' })
  .max(40)
  .transform((text) => Date.parse(text))

/** `actor` of a query: the name of a token, or `system`. */
export const actorQuerySchema = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: 'Name of the token; system for what central does by itself' })

const typeSchema = z.string().refine((type) => eventTypes.includes(type), {
  error: `is not one of ${eventTypes.join(', ')}`,
})

/** Which changes are wanted. */
export const eventFilterShape = {
  zone: nameSchema
    .optional()
    .meta({ description: 'Events about this zone and about names at or under its apex' }),
  app: nameSchema.optional().meta({ description: 'Events about this app' }),
  name: nameSchema
    .optional()
    .meta({ description: 'Events about exactly this name: app, apex or owner of records' }),
  actor: actorQuerySchema.optional(),
  cluster: idSchema.optional().meta({ description: 'Events about this cluster' }),
  type: typeSchema.optional().meta({ description: 'Events of this type' }),
}

/** Reads the filter out of a query. */
export function filterOf(query: EventFilter): EventFilter {
  const { zone, app, name, actor, cluster, type } = query
  return { zone, app, name, actor, cluster, type }
}
