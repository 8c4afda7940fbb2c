import { z } from 'zod'
import {
  END_AFTER_DOWN_MAX_SECONDS,
  END_AFTER_DOWN_MIN_SECONDS,
  LEASE_MAX_SECONDS,
  LEASE_MIN_SECONDS,
  MACHINE_ADDRESSES_MAX,
  PORT_MAX,
  RENEWALS_MAX,
  TERMINATE_URL_MAX_CHARACTERS,
} from './limits.ts'
import { loadSchema } from './load-schema.ts'
import { nameSchema } from './fields.ts'
import { addressSchema, idSchema } from './schema.ts'

/** How long a machine may be silent when it does not say. */
const LEASE_DEFAULT_SECONDS = 30

/** An http or https URL without a user, a password or a fragment; becomes its canonical text. */
export const webUrlSchema = z
  .string()
  .max(TERMINATE_URL_MAX_CHARACTERS)
  .transform((text, ctx) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url !== undefined && /^https?:$/.test(url.protocol)) {
      if (url.username === '' && url.password === '' && url.hash === '') return url.href
    }
    const message = 'is not an http or https URL without a user, a password and a fragment'
    ctx.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })

/** Which machine is meant, and how busy it is, where it tells. */
const renewalSchema = z.strictObject({
  app: nameSchema,
  cluster: idSchema,
  machine: idSchema,
  load: loadSchema.optional(),
})

/** What whoever looks after many machines sends to renew their leases. */
export const renewalsSchema = z.strictObject({
  machines: z.array(renewalSchema).min(1).max(RENEWALS_MAX),
})

/** What a machine sends to register, and again to renew its lease. */
export const registrationSchema = z.strictObject({
  app: nameSchema,
  cluster: idSchema,
  machine: idSchema.meta({
    description: 'Id of its own among the machines of the app on the cluster',
    example: 'vm-17',
  }),
  addresses: z
    .array(addressSchema)
    .min(1)
    .max(MACHINE_ADDRESSES_MAX)
    .refine((list) => new Set(list).size === list.length, { error: 'holds an address twice' })
    .optional()
    .meta({ description: 'Default: the address that the request comes from' }),
  port: z.int().min(1).max(PORT_MAX).optional(),
  load: loadSchema.optional().meta({
    description:
      'Percent of what it can bear; counts for 30 s, and with those of the other machines of the endpoint as their mean',
  }),
  leaseSeconds: z
    .int()
    .min(LEASE_MIN_SECONDS)
    .max(LEASE_MAX_SECONDS)
    .default(LEASE_DEFAULT_SECONDS)
    .meta({ description: 'Without a renewal for so long the machine is withdrawn' }),
  endAfterDownSeconds: z
    .int()
    .min(END_AFTER_DOWN_MIN_SECONDS)
    .max(END_AFTER_DOWN_MAX_SECONDS)
    .optional()
    .meta({
      description:
        'Ended, as when its lease ends, when its endpoint is down for so long by the checks; only where it is alone in the endpoint, which lists no addresses of its own',
    }),
  terminateUrl: webUrlSchema.optional().meta({
    description:
      'Asked by POST to end the machine when it is withdrawn; one that `machines.terminate.allow` of central allows. Stands in the events: no place for a secret',
  }),
})
