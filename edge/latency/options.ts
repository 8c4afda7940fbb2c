import { z } from 'zod'
import { PORT_MAX } from '../../shared/registry/limits.ts'
import { TLS_PORT } from '../health/ports.ts'

/** Options of the measuring of round trips, in the config of an edge under `latency`. */
export const latencyOptionsSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Measure the round trips to the clusters; without it only distances are known'),
  port: z
    .int()
    .min(1)
    .max(PORT_MAX)
    .default(TLS_PORT)
    .describe(
      'TCP port of the addresses of clusters; one that refuses is as good as one that takes',
    ),
  intervalSeconds: z
    .int()
    .min(5)
    .max(3_600)
    .default(30)
    .describe(
      'From one measurement of a cluster to the next, give or take 10 %; two handshakes each',
    ),
  timeoutMs: z
    .int()
    .min(50)
    .max(10_000)
    .default(2_000)
    .describe('How long a handshake may take; one that takes longer counts as none'),
  parallelMax: z
    .int()
    .min(1)
    .max(1_024)
    .default(32)
    .describe('Clusters that are measured at once, count; the others wait, in order'),
})

export type LatencyOptions = Readonly<z.output<typeof latencyOptionsSchema>>
