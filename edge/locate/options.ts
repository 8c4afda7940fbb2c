import { z } from 'zod'
import { prefixSchema } from '../../shared/registry/network-schema.ts'

const MIB = 1_048_576
/** Prefixes of senders whose word is taken. */
const TRUSTED_MAX = 1_000

/** Options of finding out where clients are, in the config under `clients`. */
export const clientsOptionsSchema = z.strictObject({
  ecs: z
    .strictObject({
      trusted: z
        .array(prefixSchema)
        .max(TRUSTED_MAX)
        .refine((list) => new Set(list).size === list.length, { error: 'holds a prefix twice' })
        .default([])
        .describe(
          'Prefixes of resolvers that are believed when they tell the subnet of their client ' +
            '(EDNS Client Subnet, RFC 7871). Of all others the option is ignored: by it anyone could ' +
            'ask for the answers of any place.',
        ),
    })
    .prefault({}),
  mmdb: z
    .strictObject({
      path: z
        .string()
        .min(1)
        .describe(
          'MaxMind DB file (City or Country) that says where addresses are; read again when it changes',
        ),
      asnPath: z
        .string()
        .min(1)
        .optional()
        .describe('MaxMind DB file of autonomous systems (ASN), beside it'),
    })
    .optional()
    .describe(
      'Where clients are that are in no registered network; without it nothing is known of them',
    ),
  maxBytes: z
    .int()
    .min(16 * MIB)
    .max(1024 * MIB)
    .default(128 * MIB)
    .describe(
      'Memory of the table of where clients are, in bytes; taken as it fills. Half of it holds one ' +
        'version: 8 bytes for a range of IPv4, 20 for one of IPv6, 4.5 MB kept for registered networks. ' +
        'The default has room for 4 million and 1.5 million of them. An mmdb file that does not fit is ' +
        'refused.',
    ),
})

export type ClientsOptions = Readonly<z.output<typeof clientsOptionsSchema>>
