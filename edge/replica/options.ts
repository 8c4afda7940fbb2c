import { z } from 'zod'
import { replicaKinds } from './replica.ts'

/** Options of the channel to central. */
export const centralOptionsSchema = z.strictObject({
  addresses: z
    .array(
      z
        .string()
        .regex(/^.+:\d{1,5}$/, { error: 'is not a host and port such as central.example:7053' }),
    )
    .min(1)
    .max(16)
    .describe('Centrals as host:port; tried in order, the next when one fails'),
  tls: z
    .strictObject({
      ca: z.string().min(1).optional().describe('PEM file of the CAs that central is checked by'),
      cert: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the client certificate (mutual TLS)'),
      key: z.string().min(1).optional().describe('PEM file of its private key'),
      serverName: z.string().min(1).optional().describe('Name that the certificate must have'),
    })
    .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), {
      error: 'has one of cert and key, both or none are wanted',
    })
    .optional()
    .describe('Needed when an address is not loopback, unless insecure'),
  insecure: z
    .boolean()
    .default(false)
    .describe('Speak plaintext to an address that is not loopback'),
  resolveTimeoutMs: z
    .int()
    .min(50)
    .max(10_000)
    .default(1_000)
    .describe('How long a client may wait for central; resolvers give up after about 2 s'),
})

/** Options of what the edge holds of central's state. */
export const replicaOptionsSchema = z.strictObject({
  kind: z
    .enum(replicaKinds)
    .default('on-demand')
    .describe('Hold all names, or those that were asked for'),
  namesMax: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(100_000)
    .describe('Names of apps, and of names that do not exist, that an on-demand replica holds'),
  snapshotSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(5)
    .describe('The least time between two writes of the snapshot file'),
})

export type CentralOptions = Readonly<z.output<typeof centralOptionsSchema>>
