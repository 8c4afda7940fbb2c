import { z } from 'zod'
import { networkFieldsSchema } from '../../shared/registry/network-schema.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { idSchema } from '../../shared/registry/schema.ts'
import type { Stored } from '../model/state.ts'

/** Networks, as they are shown: text that is canonical already. */

const networkValueSchema = networkFieldsSchema.extend({
  prefixes: z.array(
    z.string().meta({ description: 'IPv4 or IPv6 prefix', example: '192.0.2.0/24' }),
  ),
})

/** A network. */
export const networkViewSchema = networkValueSchema
  .extend({
    version: z.int().min(0).meta({ description: 'The change that last touched the object' }),
  })
  .meta({ id: 'Network' })

/** What `viewNetwork` makes. */
export type NetworkView = z.output<typeof networkViewSchema>

/** Shows a network. */
export function viewNetwork({ value, version }: Stored<Network>): NetworkView {
  return { ...value, version }
}

/** The events of networks, as records of the log show them. */
export const networkEventSchemas = [
  z.strictObject({ type: z.literal('network-put'), network: networkValueSchema }),
  z.strictObject({ type: z.literal('network-deleted'), id: idSchema }),
] as const
