import { hostname } from 'node:os'
import { z } from 'zod'
import { registrationSchema } from '../../shared/registry/machine-schema.ts'
import { idSchema, nameSchema } from '../../shared/registry/schema.ts'

/** Centrals that an agent may know. */
const CENTRALS_MAX = 10

const { app, cluster, addresses, port, leaseSeconds, endAfterDownSeconds, terminateUrl } =
  registrationSchema.shape

/** What an agent does for its machine; keys of its config file, and its flags. */
export const agentOptionsSchema = z.strictObject({
  app,
  cluster,
  machine: idSchema.prefault(() => hostname().toLowerCase().split('.', 1)[0] ?? ''),
  addresses,
  port,
  leaseSeconds,
  endAfterDownSeconds,
  terminateUrl,
  check: z
    .string()
    .regex(/^(?:tcp|http(?::\/[\x21-\x7e]{0,254})?)$/, {
      error: 'is not tcp, http, or http:PATH such as http:/healthz',
    })
    .optional(),
  checkSeconds: z.int().min(1).max(60).default(2),
  fall: z.int().min(1).max(10).default(3),
  rise: z.int().min(1).max(10).default(1),
  whenUnhealthy: z.enum(['leave', 'terminate']).default('leave'),
  central: z.array(z.string()).min(1).max(CENTRALS_MAX).optional(),
  bootstrap: nameSchema.optional(),
  bootstrapScheme: z.enum(['https', 'http']).default('https'),
  tokenFile: z.string().min(1).optional(),
})

/** The options, parsed. */
export type AgentOptions = Readonly<z.output<typeof agentOptionsSchema>>
