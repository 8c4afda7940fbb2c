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

const statusOptions = z.object({ ...globalOptions, hash: z.boolean().default(false) })

/** `meridian status`. */
export async function showStatus(call: Call): Promise<number> {
  const { options, client } = openSession(statusOptions, call)
  const status = await client.get(options.hash ? '/v1/status?hash=true' : '/v1/status')
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

function timeOf(epochMs: unknown): string | undefined {
  const isTime = typeof epochMs === 'number' && Math.abs(epochMs) <= 8_640_000_000_000_000
  return isTime ? new Date(epochMs).toISOString() : undefined
}
