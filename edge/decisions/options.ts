import { z } from 'zod'

const MIB = 1_048_576

/** Options of the log of decisions, in the config of an edge under `decisions`. */
export const decisionsOptionsSchema = z
  .strictObject({
    log: z
      .string()
      .min(1)
      .optional()
      .describe('File that a sample of the answers is appended to, as JSON lines; default none'),
    perSecond: z
      .int()
      .min(0)
      .max(1_000)
      .default(0)
      .describe(
        'Answers a second that are sampled at most, of each data thread and of the control thread; 0: none',
      ),
    maxBytes: z
      .int()
      .min(MIB)
      .max(1024 * MIB)
      .default(64 * MIB)
      .describe('Size of the file, in bytes; then it is renamed to .1, in place of the one before'),
  })
  .refine(({ log, perSecond }) => log !== undefined || perSecond === 0, {
    error: 'is wanted where perSecond is not 0',
    path: ['log'],
  })
