import { z } from 'zod'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Item } from '../client.ts'
import { timeText } from '../event-words.ts'
import { pathOf } from '../keys.ts'
import { globalOptions, limitOption } from '../options.ts'
import { cell, renderJson, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

const sourcesOptions = z.object({ ...globalOptions, limit: limitOption })

const sourceColumns: readonly Column<Item>[] = [
  { title: 'name', of: (source) => source['name'] },
  { title: 'topic', of: (source) => source['topic'] },
  { title: 'zones', of: (source) => source['zones'] },
  { title: 'state', of: (source) => source['state'] },
  { title: 'lag', of: ({ partitions }) => lagOf(partitions), align: 'right' },
  { title: 'applied', of: countOf('applied'), align: 'right' },
  { title: 'unchanged', of: countOf('unchanged'), align: 'right' },
  { title: 'elsewhere', of: countOf('elsewhere'), align: 'right' },
  { title: 'refused', of: countOf('refused'), align: 'right' },
  { title: 'reason', of: (source) => source['reason'] },
]

const lagsSchema = z.array(z.object({ lag: z.number() }))
const countsSchema = z.record(z.string(), z.number())

/** Messages that are not read yet; undefined where that is not known. */
function lagOf(partitions: unknown): number | undefined {
  const known = lagsSchema.safeParse(partitions)
  if (!known.success || known.data.length === 0) return undefined
  return known.data.reduce((sum, { lag }) => sum + lag, 0)
}

function countOf(result: string): (source: Item) => number | undefined {
  return ({ messages }) => countsSchema.safeParse(messages).data?.[result]
}

/** `meridian sources`. */
export async function listSources(call: Call): Promise<number> {
  const { options, client } = openSession(sourcesOptions, call)
  const list = client.list(pathOf('sources'), {}, options.limit)
  const items = await withProgress(call.io, 'reading', list)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(sourceColumns, items))
  return EXIT_OK
}

const lettersOptions = z.object({
  ...globalOptions,
  source: z.string().optional(),
  reason: z.string().optional(),
  limit: limitOption,
})

const letterColumns: readonly Column<Item>[] = [
  { title: 'time', of: ({ atEpoch }) => timeText(atEpoch) },
  { title: 'source', of: (letter) => letter['source'] },
  { title: 'message', of: placeOf },
  { title: 'key', of: ({ key }) => key },
  { title: 'reason', of: ({ reason }) => reason },
  { title: 'detail', of: ({ detail }) => detail },
]

/** Topic, partition and offset, as in the cause of a change. */
function placeOf({ topic, partition, offset }: Item): string {
  return [topic, partition, offset].map(cell).join('/')
}

/** `meridian dead-letters`. */
export async function listDeadLetters(call: Call): Promise<number> {
  const { options, client } = openSession(lettersOptions, call)
  const { source, reason, limit, output } = options
  const list = client.list(pathOf('dead-letters'), { source, reason }, limit)
  const items = await withProgress(call.io, 'reading', list)
  call.io.out(output === 'json' ? renderJson({ items }) : renderTable(letterColumns, items))
  return EXIT_OK
}
