import { z } from 'zod'
import { logLevels } from '../shared/log.ts'
import { idSchema } from '../shared/registry/schema.ts'
import { adminOptionsSchema } from './admin/options.ts'
import { decisionsOptionsSchema } from './decisions/options.ts'
import { healthOptionsSchema } from './health/options.ts'
import { latencyOptionsSchema } from './latency/options.ts'
import { listenOptionsSchema } from './listen/options.ts'
import { clientsOptionsSchema } from './locate/options.ts'
import { centralOptionsSchema, replicaOptionsSchema } from './replica/options.ts'
import { zonesOptionsSchema } from './steer/options.ts'
import { tableOptionsSchema } from './table/options.ts'

/** The config of an edge. */
export const edgeOptionsSchema = z.strictObject({
  id: idSchema.describe('Name of this edge, unique in the mesh; also its NSID (RFC 5001)'),
  cluster: idSchema.describe('The cluster that this edge belongs to; it must be in the topology'),
  topology: z
    .string()
    .min(1)
    .describe('YAML or JSON file of all clusters, known before central has been met'),
  dataDir: z.string().min(1).describe('Folder of the snapshot file; made when it is not there'),
  version: z
    .string()
    .max(255)
    .optional()
    .describe('What version.bind is answered with; default the name of the software'),
  listen: listenOptionsSchema.prefault({}),
  central: centralOptionsSchema,
  replica: replicaOptionsSchema.prefault({}),
  table: tableOptionsSchema.prefault({}),
  health: healthOptionsSchema.prefault({}),
  latency: latencyOptionsSchema.prefault({}),
  clients: clientsOptionsSchema.prefault({}),
  zones: zonesOptionsSchema.prefault({}),
  decisions: decisionsOptionsSchema.prefault({}),
  admin: adminOptionsSchema.prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(logLevels)
        .default('info')
        .describe('What is less severe is not logged; logs are JSON on stderr'),
    })
    .prefault({}),
})

export type EdgeOptions = Readonly<z.output<typeof edgeOptionsSchema>>
