import { z } from 'zod'
import { ALPN_ID_MAX_CHARACTERS, ALPN_IDS_MAX, PORT_MAX } from './limits.ts'

/**
 * Characters of a protocol's id. RFC 9460 Appendix A.1 has a comma and a backslash escaped in a list, twice in
 * a zone file; no id that is registered has either, nor a quote.
 */
const alpnPattern = /^[!#-+\--[\]-~]+$/

/** The id of a protocol (RFC 7301 §3.2); one octet for each character. */
const alpnIdSchema = z
  .string()
  .min(1)
  .max(ALPN_ID_MAX_CHARACTERS)
  .regex(alpnPattern, {
    error: 'is not the id of a protocol: visible ASCII without a quote, a comma or a backslash',
  })
  .meta({ description: 'Id of a protocol (ALPN), the one to prefer first', example: 'h2' })

/** How clients are told of the service that an app is, beside its addresses. */
export const serviceSchema = z.strictObject({
  alpn: z
    .array(alpnIdSchema)
    .max(ALPN_IDS_MAX)
    .refine((list) => new Set(list).size === list.length, { error: 'holds an id twice' })
    .default([]),
  port: z
    .int()
    .min(1)
    .max(PORT_MAX)
    .optional()
    .meta({ description: 'Port of the endpoints that give none' }),
  https: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether HTTPS and SVCB are answered (RFC 9460)' }),
  srv: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether SRV is answered, by the endpoints that have a port (RFC 2782)' }),
})

export type Service = Readonly<z.output<typeof serviceSchema>>
