import { z } from 'zod'

const MIB = 1_048_576

/** Options of the answer table, in the config under `table`. */
export const tableOptionsSchema = z.strictObject({
  maxBytes: z
    .int()
    .min(4 * MIB)
    .max(1024 * MIB)
    .default(256 * MIB)
    .describe(
      'Memory of the answer table, in bytes; taken as it fills. An app with one address takes ' +
        'about 190. What does not fit is answered by the control thread, which is slower.',
    ),
})

export type TableOptions = Readonly<z.output<typeof tableOptionsSchema>>
