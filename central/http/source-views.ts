import { z } from 'zod'
import type { DeadLetter } from '../model/sources.ts'
import type { RegistryState } from '../model/state.ts'
import { messageResults } from '../source/plan-batch.ts'
import type { ShownSource } from '../source/kafka-source.ts'

/** Sources of records and their refused messages, as they are shown. */

const offset = z.int().min(0)
const partition = z.int().min(0)
const place = { source: z.string().meta({ description: 'Name of the source' }), topic: z.string() }

const positionShape = {
  ...place,
  topicId: z.string().meta({ description: 'One that was made anew has another' }),
  partition,
  next: offset.meta({ description: 'Offset of the next message to be taken' }),
}
const refusedShape = {
  ...place,
  partition,
  offset,
  key: z.string().meta({ description: 'Of the message', example: 'www.example.|A' }),
  reason: z.string().meta({
    description: 'What the form wants, or the rule that would be broken',
    example: 'record-invalid',
  }),
  detail: z.string().meta({ description: 'What, the value, what is wanted' }),
  atEpoch: z.number().meta({ description: 'When it was read, ms since 1970' }),
}

/** A message that was refused. */
export const deadLetterSchema = z
  .strictObject({
    number: z.int().min(1).meta({ description: 'The how manieth it was of all' }),
    ...refusedShape,
  })
  .meta({ id: 'DeadLetter' })

/** A source. */
export const sourceViewSchema = z
  .strictObject({
    name: z.string(),
    kind: z.literal('kafka'),
    topic: z.string(),
    zones: z.array(z.string()).meta({ description: 'Apexes of the zones that it feeds' }),
    state: z.enum(['following', 'standby', 'waiting', 'failing']).meta({
      description: 'standby: another central follows the topic; waiting: for a zone or the topic',
    }),
    reason: z
      .string()
      .optional()
      .meta({ description: 'What is waited for, or why it cannot be followed now' }),
    partitions: z.array(
      z.strictObject({
        partition,
        position: offset.meta({ description: 'Offset of the next message' }),
        end: offset
          .optional()
          .meta({ description: 'Of the one behind the last; where it is known' }),
        lag: z.int().min(0).optional().meta({ description: 'Messages that are not read yet' }),
      }),
    ),
    messages: z
      .record(z.enum(messageResults), z.int().min(0))
      .meta({ description: 'What became of those that were read since the start' }),
  })
  .meta({ id: 'Source' })

/** What `viewSource` makes. */
export type SourceView = z.output<typeof sourceViewSchema>

/** Shows a source; where this central does not follow it, with the positions of the state. */
export function viewSource(
  { options, state, partitions, results }: ShownSource,
  registry: Pick<RegistryState, 'sources'>,
): SourceView {
  const { name, kind, topic, zones } = options
  return {
    name,
    kind,
    topic,
    zones: [...zones],
    state: state.kind,
    ...('reason' in state ? { reason: state.reason } : {}),
    partitions:
      partitions.length > 0
        ? partitions.map(({ partition, position, end }) => ({
            partition,
            position,
            end,
            lag: Math.max(0, end - position),
          }))
        : positionsOf(name, topic, registry),
    messages: { ...results },
  }
}

function positionsOf(
  name: string,
  topic: string,
  { sources }: Pick<RegistryState, 'sources'>,
): SourceView['partitions'] {
  return [...sources.values()]
    .filter((at) => at.source === name && at.topic === topic)
    .map((at) => ({ partition: at.partition, position: at.next }))
    .sort((a, b) => a.partition - b.partition)
}

/** The refused messages that are kept, the last one first. */
export function lettersOf({
  deadLetters,
}: Pick<RegistryState, 'deadLetters'>): readonly DeadLetter[] {
  return [...deadLetters.values()].sort((a, b) => b.number - a.number)
}

/** Events of sources. */
export const sourceEventSchemas = [
  z.strictObject({ type: z.literal('source-position'), ...positionShape }),
  z.strictObject({ type: z.literal('source-refused'), ...refusedShape }),
] as const
