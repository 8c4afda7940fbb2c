import { z } from 'zod'
import { prefixSchema } from '../../shared/registry/network-schema.ts'

/** Prefixes of those who may ask for versions. */
const VERSION_FROM_MAX = 100

/** Options of the zones of the mesh, in the config under `zones`. */
export const zonesOptionsSchema = z.strictObject({
  versionFrom: z
    .array(prefixSchema)
    .max(VERSION_FROM_MAX)
    .default(['127.0.0.0/8', '::1/128'])
    .describe(
      'Prefixes of clients that are told the serial of a zone and the version of the state by which it ' +
        'is answered, as TXT at `_version` below its apex; by default loopback. For all others there is ' +
        'no such name.',
    ),
})
