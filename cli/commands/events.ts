import { z } from 'zod'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Item, RestClient } from '../client.ts'
import { followEvents } from '../event-stream.ts'
import { eventWords, timeText } from '../event-words.ts'
import { usageError } from '../failure.ts'
import { idOperand, nameOperand } from '../keys.ts'
import { globalOptions, limitOption, numberOption } from '../options.ts'
import { cell, renderJson, renderTable, type Column } from '../output.ts'
import { openSession } from '../session.ts'

const versionOption = numberOption(z.int().min(0)).optional()
const nameOption = z.string().transform(nameOperand).optional()

const eventOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  after: versionOption,
  last: versionOption,
  since: z.string().optional(),
  until: z.string().optional(),
  zone: nameOption,
  app: nameOption,
  name: nameOption,
  cluster: z.string().transform(idOperand).optional(),
  actor: z.string().optional(),
  type: z.string().optional(),
  follow: z.boolean().default(false),
})

type Options = z.output<typeof eventOptions>

/** So many events are shown when nobody says how many: the log has no end. */
const EVENTS_SHOWN = 100

/** `meridian events`: the changes in the order of the log. */
export async function showEvents(call: Call): Promise<number> {
  const { options, client } = openSession(eventOptions, call)
  if (options.after !== undefined && options.last !== undefined) {
    throw usageError('--last: stands beside --after, one of both is wanted')
  }
  if (options.follow) return followThem(call, options, client)
  const limit = options.limit ?? EVENTS_SHOWN
  const after = await beginOf(options, client, 0)
  const query = { ...filterOf(options), since: options.since, until: options.until, after }
  const items = await client.list('/v1/events', query, limit)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(columns, items))
  const last = items.at(-1)?.['version']
  if (items.length === limit && typeof last === 'number') {
    call.io.err(`there may be more: meridian events --after ${last}\n`)
  }
  return EXIT_OK
}

const columns: readonly Column<Item>[] = [
  { title: 'version', of: (change) => change['version'], align: 'right' },
  { title: 'time', of: (change) => timeText(change['atEpoch']) },
  { title: 'actor', of: (change) => change['actor'] },
  { title: 'events', of: eventWords },
]

/** Prints each change as it comes; JSON in lines, as there is no end. */
async function followThem(call: Call, options: Options, client: RestClient): Promise<number> {
  if (options.since !== undefined || options.until !== undefined) {
    throw usageError(
      '--since, --until: are for the past; with --follow --after or --last is wanted',
    )
  }
  const after = await beginOf(options, client, undefined)
  const onLost = (reason: string): void => call.io.err(`${reason}; trying again\n`)
  let left = options.limit ?? Infinity
  for await (const change of followEvents(client, { after, query: filterOf(options), onLost })) {
    const line = options.output === 'json' ? JSON.stringify(change) : lineOf(change)
    call.io.out(`${line}\n`)
    if (--left === 0) break
  }
  return EXIT_OK
}

function lineOf(change: Item): string {
  const [version = '', time = '', actor = '', events = ''] = columns.map(({ of }) =>
    cell(of(change)),
  )
  return [version.padStart(7), time, actor.padEnd(10), events].join('  ')
}

/** The version to begin after; without one given that of now, or `otherwise`. */
async function beginOf(
  { after, last }: Options,
  client: RestClient,
  otherwise: number | undefined,
): Promise<number> {
  const given = after ?? (last === undefined ? otherwise : undefined)
  if (given !== undefined) return given
  const { version } = await client.get('/v1/status')
  return Math.max(0, z.int().parse(version) - (last ?? 0))
}

function filterOf({ zone, app, name, cluster, actor, type }: Options) {
  return { zone, app, name, cluster, actor, type }
}
