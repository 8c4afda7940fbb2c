import { z } from 'zod'
import { logLevels } from '../shared/log.ts'
import { grpcOptionsSchema } from './grpc/options.ts'
import { httpOptionsSchema } from './http/options.ts'
import { kafkaOptionsSchema } from './log/kafka/options.ts'
import { machineOptionsSchema } from './machines/options.ts'
import { guardOptionsSchema } from './registry/options.ts'
import { sourcesSchema } from './source/options.ts'

/** The config of central. */
export const centralOptionsSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .describe('Folder of the event log and the snapshot; made when it is not there'),
  eventLog: z
    .strictObject({
      driver: z
        .enum(['sqlite', 'kafka', 'memory'])
        .default('sqlite')
        .describe(
          'sqlite: a file, every write durable, one central; kafka: a topic, several centrals that serve as one; memory: for trials, gone at the end',
        ),
      kafka: kafkaOptionsSchema.optional().describe('Only, and needed, with the driver kafka'),
    })
    .superRefine(({ driver, kafka }, ctx) => {
      const refuse = (message: string): void => ctx.addIssue({ code: 'custom', message })
      if (driver === 'kafka' && kafka === undefined) refuse('has the driver kafka, and no kafka')
      if (driver !== 'kafka' && kafka !== undefined) refuse(`has kafka, and the driver ${driver}`)
    })
    .prefault({}),
  snapshotChanges: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(10_000)
    .describe('Changes after which the state is written anew, so that a start replays fewer'),
  guard: guardOptionsSchema.prefault({}),
  grpc: grpcOptionsSchema.prefault({}),
  http: httpOptionsSchema.prefault({}),
  machines: machineOptionsSchema.prefault({}),
  sources: sourcesSchema.describe('Topics of Kafka that feed zones, in the form of stream-dns'),
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
