import { z } from 'zod'
import type { Call, Run } from '../call.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import { nameOperand, idOperand } from '../keys.ts'
import { appKind, clusterKind, endpointKind, networkKind, zoneKind, type Kind } from '../kinds.ts'
import { globalOptions, limitOption } from '../options.ts'
import { renderJson, renderPairs, renderTable } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { reportWrite, WAIT_DEADLINE_MS, waitQuery } from './written.ts'

const kinds = {
  clusters: clusterKind,
  zones: zoneKind,
  networks: networkKind,
  apps: appKind,
  endpoints: endpointKind,
}

export type KindName = keyof typeof kinds

const listOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  zone: z.string().transform(nameOperand).optional(),
  cluster: z.string().transform(idOperand).optional(),
})

/** `meridian clusters|zones|networks|apps|endpoints list`. */
export function listCommand(kindName: KindName): Run {
  const kind = kinds[kindName]
  return async (call) => {
    const { options, client } = openSession(listOptions, call)
    const path = kind.listPath(call.args)
    const query = { zone: options.zone, cluster: options.cluster }
    const items = await withProgress(call.io, 'reading', client.list(path, query, options.limit))
    call.io.out(
      options.output === 'json' ? renderJson({ items }) : renderTable(kind.columns, items),
    )
    return EXIT_OK
  }
}

/** `meridian clusters|zones|networks|apps|endpoints get`. */
export function getCommand(kindName: KindName): Run {
  const kind = kinds[kindName]
  return async (call) => {
    const { options, client } = openSession(z.object(globalOptions), call)
    const item = await client.get(kind.itemPath(call.args))
    call.io.out(options.output === 'json' ? renderJson(item) : renderItem(item))
    return EXIT_OK
  }
}

function renderItem(item: Readonly<Record<string, unknown>>): string {
  const { endpoints, ...fields } = item
  const pairs = renderPairs(Object.entries(fields))
  const parsed = z.array(z.record(z.string(), z.unknown())).safeParse(endpoints)
  if (!parsed.success || parsed.data.length === 0) return pairs
  return `${pairs}\n${renderTable(endpointKind.columns, parsed.data)}`
}

/** `meridian clusters|zones|networks|apps|endpoints delete`. */
export function deleteCommand(kindName: KindName): Run {
  return async (call) => deleteObject(kinds[kindName], call)
}

const deleteOptions = z.object({
  ...globalOptions,
  wait: z.boolean().default(false),
  cascade: z.boolean().default(false),
  confirm: z.boolean().default(false),
})

async function deleteObject(kind: Kind, call: Call): Promise<number> {
  const { options, client } = openSession(deleteOptions, call)
  const title = kind.title(call.args)
  const answer = await withProgress(
    call.io,
    `deleting ${title}`,
    client.expect({
      method: 'DELETE',
      path: kind.itemPath(call.args),
      query: {
        ...waitQuery(options),
        // Zones only have these two.
        cascade: options.cascade ? 'true' : undefined,
        confirm: options.confirm ? 'true' : undefined,
      },
      deadlineMs: WAIT_DEADLINE_MS,
    }),
  )
  const body = { deleted: title, version: Number(answer.version) }
  return reportWrite(call.io, { verb: 'deleted', title, answer: { ...answer, body } }, options)
}
