import { z } from 'zod'
import { labelSchema, nameSchema } from '../../shared/registry/fields.ts'
import { kafkaConnectionShape, refusePlaintext } from '../log/kafka/options.ts'

/** Sources of one central. */
const SOURCES_MAX = 16
/** Zones that one source feeds. */
const SOURCE_ZONES_MAX = 1_000

/** Options of one source of records. */
const sourceSchema = z
  .strictObject({
    kind: z.literal('kafka').describe('A topic in the form of stream-dns'),
    name: labelSchema.describe(
      'Its name in the log and in metrics; under another name the topic is read from its beginning',
    ),
    topic: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,249}$/, {
        error: 'is not a name of 1 to 249 letters, digits, ".", "_" and "-"',
      })
      .describe('Topic that is followed; it is never written to'),
    zones: z
      .array(nameSchema)
      .min(1)
      .max(SOURCE_ZONES_MAX)
      .describe('Apexes of the zones that it feeds; names in no other zone are taken'),
    cnameReplaces: z
      .boolean()
      .default(true)
      .describe(
        'A CNAME that comes deletes A, AAAA, TXT, PTR and MX of its name, as in stream-dns',
      ),
    ...kafkaConnectionShape,
  })
  .superRefine(refusePlaintext)

/** Options of the sources of records. */
export const sourcesSchema = z
  .array(sourceSchema)
  .max(SOURCES_MAX)
  .refine((sources) => new Set(sources.map(({ name }) => name)).size === sources.length, {
    error: 'holds one name twice',
  })
  .default([])

/** Options of one source, parsed. */
export type SourceOptions = Readonly<z.output<typeof sourceSchema>>
