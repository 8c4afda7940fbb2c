import { z } from 'zod'
import { logLevels } from '../shared/log.ts'
import { grpcOptionsSchema } from './grpc/options.ts'
import { httpOptionsSchema } from './http/options.ts'
import { machineOptionsSchema } from './machines/options.ts'

/** The config of central. */
export const centralOptionsSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .describe('Folder of the event log and the snapshot; made when it is not there'),
  eventLog: z
    .strictObject({
      driver: z
        .enum(['sqlite', 'memory'])
        .default('sqlite')
        .describe('sqlite: a file, every write durable; memory: for trials, gone at the end'),
    })
    .prefault({}),
  snapshotChanges: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(10_000)
    .describe('Changes after which the state is written anew, so that a start replays fewer'),
  grpc: grpcOptionsSchema.prefault({}),
  http: httpOptionsSchema.prefault({}),
  machines: machineOptionsSchema.prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(logLevels)
        .default('info')
        .describe('What is less severe is not logged; logs are JSON on stderr'),
    })
    .prefault({}),
})

export type CentralOptions = Readonly<z.output<typeof centralOptionsSchema>>
