import { z } from 'zod'
import { continentCodes } from '../geo/continents.ts'
import { parsePrefix, prefixText } from '../geo/prefix.ts'
import {
  countrySchema,
  labelSchema,
  latitudeSchema,
  longitudeSchema,
  regionSchema,
} from './fields.ts'
import { NETWORK_PREFIXES_MAX } from './limits.ts'

/** A network says where the clients in its prefixes are; private and overlay networks too. */

/** An IPv4 or IPv6 prefix without host bits; becomes its canonical text. */
export const prefixSchema = z
  .string()
  .meta({ description: 'IPv4 or IPv6 prefix', example: '192.0.2.0/24' })
  .transform((text, ctx) => {
    const parsed = parsePrefix(text)
    if (parsed.ok) return prefixText(parsed.prefix)
    ctx.addIssue({ code: 'custom', message: parsed.reason, input: text })
    return z.NEVER
  })

/** The fields of a network, each by itself. */
export const networkFieldsSchema = z.strictObject({
  id: labelSchema.meta({ description: 'Id, a DNS label in lower case', example: 'office' }),
  prefixes: z
    .array(prefixSchema)
    .min(1)
    .max(NETWORK_PREFIXES_MAX)
    .refine((list) => new Set(list).size === list.length, { error: 'holds a prefix twice' }),
  cluster: labelSchema
    .optional()
    .meta({ description: 'Cluster that its clients are at, instead of latitude and longitude' }),
  latitude: latitudeSchema.optional(),
  longitude: longitudeSchema.optional(),
  country: countrySchema.optional(),
  region: regionSchema.optional(),
  continent: z.enum(continentCodes).optional(),
  asn: z
    .int()
    .min(1)
    .max(0xffff_ffff)
    .optional()
    .meta({ description: 'Number of the autonomous system' }),
})

/** A network: at a cluster, or at a place of its own. */
export const networkSchema = networkFieldsSchema.superRefine((network, ctx) => {
  const { cluster, latitude, longitude } = network
  const refuse = (path: readonly string[], message: string, input: unknown): void =>
    ctx.addIssue({ code: 'custom', path: [...path], message, input })
  const isPlaced = latitude !== undefined && longitude !== undefined
  if (cluster !== undefined) {
    if (latitude === undefined && longitude === undefined) return
    refuse(['cluster'], 'is given beside coordinates, one of both is wanted', cluster)
  } else if (isPlaced) return
  else if (latitude !== undefined) {
    refuse(['longitude'], 'is missing, a latitude alone is no place', longitude)
  } else if (longitude !== undefined) {
    refuse(['latitude'], 'is missing, a longitude alone is no place', latitude)
  } else refuse([], 'has no place: cluster, or latitude and longitude, is wanted', network)
})

export type Network = Readonly<z.output<typeof networkSchema>>

/** Refuses a prefix that several networks of one manifest have. */
export function refuseSharedPrefixes(networks: readonly Network[], ctx: z.RefinementCtx): void {
  const seen = new Map<string, number>()
  networks.forEach(({ prefixes }, i) => {
    prefixes.forEach((prefix, j) => {
      const first = seen.get(prefix)
      if (first === undefined) seen.set(prefix, i)
      // Twice in one network is told there.
      if (first === undefined || first === i) return
      const message = `is a prefix of networks[${first}] already`
      const path = ['networks', i, 'prefixes', j]
      ctx.addIssue({ code: 'custom', message, path, input: prefix })
    })
  })
}
