import { z } from 'zod'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Item } from '../client.ts'
import { csvLine } from '../csv.ts'
import { diffEntrySchema, renderDiff } from '../diff.ts'
import { eventWords, timeText } from '../event-words.ts'
import { globalOptions, limitOption } from '../options.ts'
import { renderJson, renderTable, type Column } from '../output.ts'
import { openSession } from '../session.ts'

/** So many entries are shown when nobody says how many. */
const ENTRIES_SHOWN = 100
/** With before and after central folds its log for each page. */
const AUDIT_DEADLINE_MS = 120_000

const auditOptions = z.object({
  ...globalOptions,
  since: z.string().optional(),
  until: z.string().optional(),
  actor: z.string().optional(),
  outcome: z.string().optional(),
  diff: z.boolean().default(false),
  export: z.enum(['csv', 'json']).optional(),
  limit: limitOption,
})

/** `meridian audit`: what was changed and what was refused. */
export async function showAudit(call: Call): Promise<number> {
  const { options, client } = openSession(auditOptions, call)
  const { since, until, actor, outcome, output } = options
  const query = { since, until, actor, outcome, diff: options.diff ? 'true' : undefined }
  const limit = options.limit ?? (options.export === undefined ? ENTRIES_SHOWN : Infinity)
  const pages = client.pages('/v1/audit', query, limit, AUDIT_DEADLINE_MS)
  if (options.export === undefined) {
    const items: Item[] = []
    for await (const page of pages) items.push(...page)
    if (output === 'json') call.io.out(renderJson({ items }))
    else {
      call.io.out(renderTable(columns, items))
      call.io.out(diffsOf(items))
    }
    return EXIT_OK
  }
  const isCsv = options.export === 'csv'
  if (isCsv) call.io.out(csvLine(fields))
  for await (const page of pages) {
    for (const entry of page) {
      call.io.out(isCsv ? csvLine(rowOf(entry)) : `${JSON.stringify(entry)}\n`)
    }
  }
  return EXIT_OK
}

const columns: readonly Column<Item>[] = [
  { title: 'time', of: ({ atEpoch }) => timeText(atEpoch) },
  { title: 'actor', of: ({ actor }) => actor },
  { title: 'from', of: ({ origin }) => origin },
  { title: 'request', of: ({ requestId }) => requestId },
  { title: 'result', of: resultOf },
  { title: 'what', of: whatOf },
]

function resultOf({ outcome, version, status }: Item): string {
  return outcome === 'accepted' ? `version ${String(version)}` : `refused ${String(status)}`
}

function whatOf(entry: Item): unknown {
  const { outcome, method, path, detail } = entry
  return outcome === 'accepted'
    ? eventWords(entry)
    : `${String(method)} ${String(path)}: ${String(detail)}`
}

const diffsSchema = z.array(diffEntrySchema).catch([])

/** Before and after, below the table. */
function diffsOf(items: readonly Item[]): string {
  return items
    .map(({ version, diff }) => {
      const entries = diffsSchema.parse(diff)
      return entries.length === 0 ? '' : `\nversion ${String(version)}\n${renderDiff(entries)}`
    })
    .join('')
}

const fields = [
  'time',
  'outcome',
  'version',
  'actor',
  'origin',
  'requestId',
  'method',
  'path',
  'status',
  'code',
  'what',
  'diff',
]

function rowOf(entry: Item): readonly unknown[] {
  const { outcome, version, actor, origin, requestId, method, path, status, code, diff } = entry
  const what = outcome === 'accepted' ? eventWords(entry).join('; ') : entry['detail']
  const time = timeText(entry['atEpoch'])
  return [time, outcome, version, actor, origin, requestId, method, path, status, code, what, diff]
}
