import { z } from 'zod'
import { socketAddressSchema } from '../../shared/config/socket-address.ts'

/** Options of the admin HTTP of an edge. */
export const adminOptionsSchema = z.strictObject({
  listen: socketAddressSchema
    .prefault('127.0.0.1:9153')
    .describe('Address and port of /health, /ready, /metrics, /v1/explain and /v1/drain'),
  url: z
    .url()
    .max(300)
    .optional()
    .describe('Where people and tools reach the admin HTTP, if not at the address it listens on'),
})

export type AdminOptions = Readonly<z.output<typeof adminOptionsSchema>>
