import { z } from 'zod'
import { socketAddressSchema } from '../../shared/config/socket-address.ts'
import { nameSchema } from '../../shared/registry/fields.ts'
import { BOOTSTRAP_TARGETS_MAX, parseCentralTarget } from '../../shared/rpc/bootstrap.ts'
import type { CentralTarget } from '../../shared/rpc/bootstrap.ts'
import { replicaKinds } from './replica.ts'

/** A central, for when DNS names none. */
const fallbackSchema = z.string().transform((text, ctx): CentralTarget => {
  const parsed = parseCentralTarget(text)
  if (parsed !== undefined) return parsed
  const message = 'is not a host and port such as central.example:7053'
  ctx.addIssue({ code: 'custom', message, input: text })
  return z.NEVER
})

const bootstrapOptionsSchema = z.strictObject({
  name: nameSchema.describe(
    'Centrals are those of the SRV records of _meridian-central._tcp.NAME, else those of the TXT records central=host:port of NAME',
  ),
  resolver: socketAddressSchema
    .refine(({ port }) => port > 0, { error: 'has the port 0' })
    .optional()
    .describe('DNS server that is asked, also for their addresses; default those of the system'),
  fallback: z
    .array(fallbackSchema)
    .max(BOOTSTRAP_TARGETS_MAX)
    .default([])
    .describe(
      'Centrals as host:port for when DNS names none; after them those that it named before',
    ),
})

export type BootstrapOptions = Readonly<z.output<typeof bootstrapOptionsSchema>>

const channelOptionsSchema = z.strictObject({
  addresses: z
    .array(
      z
        .string()
        .regex(/^.+:\d{1,5}$/, { error: 'is not a host and port such as central.example:7053' }),
    )
    .min(1)
    .max(16)
    .optional()
    .describe('Centrals as host:port; tried in order, the next when one fails'),
  bootstrap: bootstrapOptionsSchema
    .optional()
    .describe('How centrals are found by DNS, in place of addresses'),
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

/** Options of the channel to central. */
export const centralOptionsSchema = channelOptionsSchema.superRefine(
  ({ addresses, bootstrap, tls, insecure }, ctx) => {
    const refuse = (message: string): void => ctx.addIssue({ code: 'custom', message })
    if (addresses === undefined && bootstrap === undefined) {
      refuse('has neither addresses nor bootstrap, one of them is wanted')
    } else if (addresses !== undefined && bootstrap !== undefined) {
      refuse('has both addresses and bootstrap, one of them is wanted')
    } else if (bootstrap !== undefined && tls === undefined && !insecure) {
      refuse('has bootstrap, and DNS may name any host: tls is wanted, or insecure: true')
    }
  },
)

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
  maxLostPercent: z
    .int()
    .min(0)
    .max(100)
    .default(50)
    .describe(
      'Zones or names, of those held, that a state of another log may lack; one that lacks more is refused',
    ),
  snapshotSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(5)
    .describe('The least time between two writes of the snapshot file'),
})

export type CentralOptions = Readonly<z.output<typeof centralOptionsSchema>>
