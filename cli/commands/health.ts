import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import { healthStates } from '../../shared/registry/health.ts'
import type { Call } from '../call.ts'
import type { Item } from '../client.ts'
import { formatDuration } from '../duration.ts'
import { idOperand, nameOperand, pathOf } from '../keys.ts'
import { globalOptions, limitOption } from '../options.ts'
import { renderJson, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { shareText } from '../share.ts'

const healthOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  state: z.enum(healthStates).optional(),
  cluster: z.string().transform(idOperand).optional(),
})

/** `meridian health [NAME]`: the endpoints that are checked, of one app or of all. */
export async function listHealth(call: Call): Promise<number> {
  const { options, client } = openSession(healthOptions, call)
  const [name] = call.args
  const path = name === undefined ? pathOf('health') : pathOf('apps', nameOperand(name), 'health')
  const query = { cluster: options.cluster, state: options.state }
  const items = await withProgress(call.io, 'reading', client.list(path, query, options.limit))
  const columns = columnsAt(systemClock.epochMs(), items)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(columns, items))
  return EXIT_OK
}

function columnsAt(nowEpoch: number, items: readonly Item[]): readonly Column<Item>[] {
  return [
    { title: 'app', of: (item) => item['app'] },
    { title: 'cluster', of: (item) => item['cluster'] },
    { title: 'state', of: (item) => item['state'] },
    { title: 'since', of: ({ sinceEpoch }) => durationOf(sinceEpoch, nowEpoch), align: 'right' },
    { title: 'forced', of: (item) => forcedOf(item, nowEpoch) },
    ...(items.some((item) => shareText(item) !== undefined)
      ? [{ title: 'share', of: shareText }]
      : []),
    { title: 'reports', of: (item) => countsOf(reportsOf(item)) },
    { title: 'why', of: (item) => reasonOf(item['state'], reportsOf(item)) },
  ]
}

function durationOf(sinceEpoch: unknown, nowEpoch: number): string | undefined {
  return typeof sinceEpoch === 'number' ? formatDuration(nowEpoch - sinceEpoch) : undefined
}

const forcedSchema = z
  .object({ state: z.string(), untilEpoch: z.number(), reason: z.string() })
  .optional()
  .catch(undefined)

/** `down for 2h: new disks`; it goes over the state. */
function forcedOf(item: Item, nowEpoch: number): string | undefined {
  const forced = forcedSchema.parse(item['forced'])
  if (forced === undefined) return undefined
  return `${forced.state} for ${formatDuration(forced.untilEpoch - nowEpoch)}: ${forced.reason}`
}

// ---- reports ----

const reportsSchema = z.array(z.object({ state: z.string(), detail: z.string() })).catch([])

type Reports = z.output<typeof reportsSchema>

function reportsOf(item: Item): Reports {
  return reportsSchema.parse(item['reports'])
}

/** How many edges say what, most first: `3/3 down`, or `2/3 down, 1/3 up` when they disagree. */
function countsOf(reports: Reports): readonly string[] {
  const counts = new Map<string, number>()
  for (const { state } of reports) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([state, count]) => `${count}/${reports.length} ${state}`)
}

/** The first reason that an edge gives for the state, or for whatever else it says. */
function reasonOf(state: unknown, reports: Reports): string | undefined {
  const reasons = reports.filter(({ detail }) => detail !== '')
  return (reasons.find((report) => report.state === state) ?? reasons[0])?.detail
}
