import { z } from 'zod'
import { parseName } from '../dns/name.ts'

/** Fields that several kinds of registered objects have. */

/** What `labelSchema` takes. */
export const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** A DNS label in lower case. */
export const labelSchema = z.string().regex(labelPattern, {
  error: 'is not an id: 1 to 63 of a-z, 0-9 and -, no - at the ends',
})

export const latitudeSchema = z
  .number()
  .min(-90)
  .max(90)
  .meta({ description: 'Degrees, north is positive' })

export const longitudeSchema = z
  .number()
  .min(-180)
  .max(180)
  .meta({ description: 'Degrees, east is positive' })

export const countrySchema = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'is not an ISO 3166-1 alpha-2 code such as US' })

export const regionSchema = z.string().min(1).max(100)

/** A domain name in any case, dot at the end or not; becomes a canonical `Name`. */
export const nameSchema = z
  .string()
  .meta({
    description: 'Domain name, with or without the dot at the end',
    example: 'video.example',
  })
  .transform((text, ctx) => {
    const parsed = parseName(text)
    if (parsed.ok) return parsed.name
    ctx.addIssue({ code: 'custom', message: parsed.reason, input: text })
    return z.NEVER
  })
