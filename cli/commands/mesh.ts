import { z } from 'zod'
import type { Call } from '../call.ts'
import type { Item, Request } from '../client.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import { usageError } from '../failure.ts'
import { globalOptions, limitOption, numberOption, operand } from '../options.ts'
import { cell, renderJson, renderPairs, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

// ---- edges and status ----

const edgeColumns: readonly Column<Item>[] = [
  { title: 'id', of: (edge) => edge['id'] },
  { title: 'cluster', of: (edge) => edge['cluster'] },
  { title: 'replica', of: (edge) => edge['replica'] },
  { title: 'version', of: versionOf, align: 'right' },
  { title: 'names', of: (edge) => edge['names'], align: 'right' },
  { title: 'connected', of: (edge) => timeOf(edge['connectedEpoch']) },
  { title: 'software', of: (edge) => edge['software'] },
  { title: 'admin', of: (edge) => edge['adminUrl'] },
]

/** What an edge serves, and beside it what it was sent when it is behind. */
function versionOf({ ackVersion, sentVersion }: Item): string {
  return ackVersion === sentVersion
    ? cell(ackVersion)
    : `${cell(ackVersion)} of ${cell(sentVersion)}`
}

/** `meridian edges list`. */
export async function listEdges(call: Call): Promise<number> {
  const { options, client } = openSession(z.object({ ...globalOptions, limit: limitOption }), call)
  const items = await client.list('/v1/edges', {}, options.limit)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(edgeColumns, items))
  return EXIT_OK
}

/** `meridian status`. */
export async function showStatus(call: Call): Promise<number> {
  const { options, client } = openSession(z.object(globalOptions), call)
  const status = await client.get('/v1/status')
  call.io.out(options.output === 'json' ? renderJson(status) : renderPairs(Object.entries(status)))
  return EXIT_OK
}

// ---- wait ----

const waitOptions = z.object({ ...globalOptions, timeout: numberOption(z.int().min(1).max(60)) })
const servedSchema = z.object({ version: z.int(), edges: z.int(), served: z.int() })

/** `meridian wait VERSION`: ends when every connected edge serves the version. */
export async function waitForVersion(call: Call): Promise<number> {
  const { options, client } = openSession(waitOptions, call)
  const version = operand(call.args, 0)
  if (!/^\d{1,15}$/.test(version))
    throw usageError(`${JSON.stringify(version)} is not a version such as 42`)
  const request: Request = {
    method: 'GET',
    path: `/v1/versions/${version}`,
    query: { waitSeconds: options.timeout },
    // Central gives up by itself; this is for a central that does not answer at all.
    deadlineMs: (options.timeout + 5) * 1000,
  }
  const answer = await withProgress(call.io, `waiting for version ${version}`, client.send(request))
  if (answer.status !== 200) throw client.refusal(request, answer)
  const { edges, served } = client.read(servedSchema, request, answer)
  if (options.output === 'json') call.io.out(renderJson(answer.body))
  else call.io.out(`version ${version} is served by ${served}/${edges} edges\n`)
  return EXIT_OK
}

// ---- events ----

const eventOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  after: numberOption(z.int().min(0)).optional(),
})

/** So many events are shown when nobody says how many: the log has no end. */
const EVENTS_SHOWN = 100

const eventColumns: readonly Column<Item>[] = [
  { title: 'version', of: (change) => change['version'], align: 'right' },
  { title: 'time', of: (change) => timeOf(change['atEpoch']) },
  { title: 'actor', of: (change) => change['actor'] },
  { title: 'events', of: (change) => summaryOf(change['events']) },
]

/** `meridian events`: the changes in the order of the log. */
export async function listEvents(call: Call): Promise<number> {
  const { options, client } = openSession(eventOptions, call)
  const limit = options.limit ?? EVENTS_SHOWN
  const items = await client.list('/v1/events', { after: options.after }, limit)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(eventColumns, items))
  const last = items.at(-1)?.['version']
  if (items.length === limit && typeof last === 'number') {
    call.io.err(`there may be more: meridian events --after ${last}\n`)
  }
  return EXIT_OK
}

const eventsSchema = z.array(z.record(z.string(), z.unknown())).catch([])

function summaryOf(events: unknown): readonly string[] {
  return eventsSchema.parse(events).map((event) => {
    const { type, app, id, apex, name, cluster, zone, network, endpoint } = event
    const subjects = [app, id, apex, name, cluster, zone, network, endpoint].flatMap(keyOf)
    return [cell(type), ...subjects].join(' ')
  })
}

/** The key of what an event is about: a plain key, or the object that has one. */
function keyOf(subject: unknown): readonly string[] {
  if (typeof subject === 'string') return [subject]
  if (typeof subject !== 'object' || subject === null) return []
  const { id, apex, name, cluster }: Item = { ...subject }
  return [id, apex, name, cluster].filter((key) => typeof key === 'string')
}

function timeOf(epochMs: unknown): string | undefined {
  const isTime = typeof epochMs === 'number' && Math.abs(epochMs) <= 8_640_000_000_000_000
  return isTime ? new Date(epochMs).toISOString() : undefined
}
