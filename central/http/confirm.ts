import { z } from 'zod'

/** A flag in a query. */
export const flagSchema = z.enum(['true', 'false']).default('false')

/** Part of the query of every write that the guard looks at. */
export const confirmShape = {
  confirm: flagSchema.meta({
    description: 'It is meant to take away as much as it does (code `guard` without)',
  }),
}

/** Whether the guard looks at a change: not where it was confirmed. */
export function isGuarded({ confirm }: { readonly confirm: 'true' | 'false' }): boolean {
  return confirm === 'false'
}
