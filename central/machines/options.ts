import { z } from 'zod'
import { socketAddressSchema } from '../../shared/config/socket-address.ts'
import { TERMINATE_URL_MAX_CHARACTERS } from '../../shared/registry/limits.ts'
import { webUrlSchema } from '../../shared/registry/machine-schema.ts'

/** URLs that may be allowed. */
const ALLOWED_MAX = 100

/** Options of machines that come and go. */
export const machineOptionsSchema = z.strictObject({
  graceSeconds: z
    .int()
    .min(0)
    .max(3_600)
    .default(30)
    .describe('After a start or a pause of central every lease ends so much later'),
  terminate: z
    .strictObject({
      allow: z
        .array(webUrlSchema)
        .max(ALLOWED_MAX)
        .default([])
        .describe(
          `URLs, and what is below them, that may be called to end a machine; without any, none may. At most ${TERMINATE_URL_MAX_CHARACTERS} characters each`,
        ),
    })
    .prefault({}),
  datagrams: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Take renewals by UDP too; without, machines renew over REST'),
      listen: socketAddressSchema
        .optional()
        .describe(
          'Address and UDP port of renewals by datagram, default: those of http.listen; machines send to the host that they know central by',
        ),
    })
    .prefault({}),
})

/** The options, parsed. */
export type MachineOptions = Readonly<z.output<typeof machineOptionsSchema>>
