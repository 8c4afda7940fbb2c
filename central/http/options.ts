import { z } from 'zod'
import { socketAddressSchema } from '../../shared/config/socket-address.ts'
import { nameSchema } from '../../shared/registry/fields.ts'

const tokenSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .describe('Who holds the token; stands as the actor in every event that it causes'),
  token: z
    .string()
    .min(16, { error: 'is shorter than 16 characters' })
    .max(1000)
    .describe('The secret, best as ${file:PATH} or ${ENV}'),
})

/** Options of the REST interface. */
export const httpOptionsSchema = z.strictObject({
  listen: socketAddressSchema
    .prefault('127.0.0.1:8053')
    .describe('Address and port of REST, health and metrics'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('PEM file of the certificate chain'),
      key: z.string().min(1).describe('PEM file of the private key'),
    })
    .optional()
    .describe('Serve HTTPS; needed when listen is not loopback, unless insecure'),
  insecure: z
    .boolean()
    .default(false)
    .describe('Serve plain HTTP on an address that is not loopback'),
  defaultZone: nameSchema
    .optional()
    .describe(
      'Apex of the zone that the routes of betterdns (/a, /txt, …) are of; without it they answer 404',
    ),
  tokens: z
    .array(tokenSchema)
    .max(1000)
    .refine((list) => new Set(list.map(({ token }) => token)).size === list.length, {
      error: 'holds one token twice, so that it is not clear who writes',
    })
    .default([])
    .describe('Bearer tokens that may write; without any, nobody may'),
})

/** The options, parsed. */
export type HttpOptions = Readonly<z.output<typeof httpOptionsSchema>>
