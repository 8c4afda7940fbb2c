import { hostname } from 'node:os'
import { z } from 'zod'
import { commandSchema } from '../../shared/run-command.ts'
import { registrationSchema } from '../../shared/registry/machine-schema.ts'
import { nameSchema } from '../../shared/registry/fields.ts'
import { idSchema } from '../../shared/registry/schema.ts'

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
  loadCommand: commandSchema.optional(),
  // A load counts for 30 s: one that is missed is not missed by central.
  loadSeconds: z.int().min(1).max(15).default(5),
  whenUnhealthy: z.enum(['leave', 'terminate']).default('leave'),
  datagrams: z.boolean().default(true),
  central: z.array(z.string()).min(1).max(CENTRALS_MAX).optional(),
  bootstrap: nameSchema.optional(),
  bootstrapScheme: z.enum(['https', 'http']).default('https'),
  tokenFile: z.string().min(1).optional(),
})

/** The options, parsed. */
export type AgentOptions = Readonly<z.output<typeof agentOptionsSchema>>
