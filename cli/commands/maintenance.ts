import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import { maintenanceSchema } from '../../shared/registry/maintenance-schema.ts'
import type { Call } from '../call.ts'
import type { Item, Request } from '../client.ts'
import { idOperand, nameOperand, pathOf } from '../keys.ts'
import { globalOptions, limitOption, operand } from '../options.ts'
import { renderJson, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { reportWrite, WAIT_DEADLINE_MS, waitQuery } from './written.ts'

const writeOptions = { ...globalOptions, wait: z.boolean().default(false) }
const listOptions = z.object({ ...globalOptions, limit: limitOption })
const deleteOptions = z.object(writeOptions)

const { from, until, state, reason } = maintenanceSchema.shape

const putOptions = z.object({
  ...writeOptions,
  cluster: z.string().transform(idOperand),
  app: z.string().transform(nameOperand).optional(),
  from: from.optional(),
  until,
  state,
  reason,
})

/** `meridian maintenance list`: the windows that are planned or in force. */
export async function listMaintenance(call: Call): Promise<number> {
  const { options, client } = openSession(listOptions, call)
  const list = client.list(pathOf('maintenance'), {}, options.limit)
  const items = await withProgress(call.io, 'reading', list)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(columns, items))
  return EXIT_OK
}

/** `meridian maintenance put ID`: plans a window, or replaces it. */
export async function putMaintenance(call: Call): Promise<number> {
  const { options, client } = openSession(putOptions, call)
  const { cluster, app, state, reason, until, from = systemClock.epochMs() } = options
  const title = titleOf(call)
  const request: Request = {
    method: 'PUT',
    path: pathOfWindow(call),
    query: waitQuery(options),
    body: {
      target: { cluster, ...(app === undefined ? {} : { app }) },
      from: new Date(from).toISOString(),
      until: new Date(until).toISOString(),
      state,
      reason,
    },
    deadlineMs: WAIT_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, `writing ${title}`, client.expect(request))
  const verb = answer.status === 201 ? 'created' : 'changed'
  return reportWrite(call.io, { verb, title, answer }, options)
}

/** `meridian maintenance delete ID`: one that is in force ends. */
export async function deleteMaintenance(call: Call): Promise<number> {
  const { options, client } = openSession(deleteOptions, call)
  const title = titleOf(call)
  const request: Request = {
    method: 'DELETE',
    path: pathOfWindow(call),
    query: waitQuery(options),
    deadlineMs: WAIT_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, `deleting ${title}`, client.expect(request))
  const body = { deleted: title, version: Number(answer.version) }
  return reportWrite(call.io, { verb: 'deleted', title, answer: { ...answer, body } }, options)
}

const columns: readonly Column<Item>[] = [
  { title: 'id', of: (item) => item['id'] },
  { title: 'target', of: (item) => targetOf(item['target']) },
  { title: 'state', of: (item) => item['state'] },
  { title: 'from', of: (item) => item['from'] },
  { title: 'until', of: (item) => item['until'] },
  { title: 'in force', of: (item) => (item['isInForce'] === true ? 'yes' : 'no') },
  { title: 'actor', of: (item) => item['actor'] },
  { title: 'reason', of: (item) => item['reason'] },
]

const targetSchema = z.object({ cluster: z.string(), app: z.string().optional() })

function targetOf(target: unknown): string | undefined {
  const parsed = targetSchema.safeParse(target)
  if (!parsed.success) return undefined
  const { cluster, app } = parsed.data
  return app === undefined ? `cluster ${cluster}` : `endpoint ${app} ${cluster}`
}

function titleOf(call: Call): string {
  return `maintenance ${idOperand(operand(call.args, 0))}`
}

function pathOfWindow(call: Call): string {
  return pathOf('maintenance', idOperand(operand(call.args, 0)))
}
