import { z } from 'zod'
import { MeridianError } from '../../shared/errors.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Item, Request } from '../client.ts'
import { usageError } from '../failure.ts'
import { idOperand, nameOperand, pathOf } from '../keys.ts'
import { endpointKind } from '../kinds.ts'
import { parseLoad, WANTED_LOAD } from '../load-text.ts'
import { globalOptions, limitOption, operand } from '../options.ts'
import { renderJson, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

const loadOptions = z.object(globalOptions)
const takenSchema = z.object({ unknown: z.array(z.unknown()), refused: z.array(z.unknown()) })

/** `meridian load NAME CLUSTER PERCENT`: says how busy an endpoint is; it counts for 30 s. */
export async function reportLoad(call: Call): Promise<number> {
  const { options, client } = openSession(loadOptions, call)
  const title = endpointKind.title(call.args)
  const app = nameOperand(operand(call.args, 0))
  const cluster = idOperand(operand(call.args, 1))
  const load = loadOperand(operand(call.args, 2))
  const request: Request = {
    method: 'POST',
    path: pathOf('loads'),
    body: { loads: [{ app, cluster, load }] },
  }
  const answer = await withProgress(call.io, `reporting ${title}`, client.expect(request))
  const { unknown, refused } = client.read(takenSchema, request, answer)
  if (unknown.length > 0 || refused.length > 0) {
    const why =
      unknown.length > 0 ? 'is not registered' : 'has no room: too many loads are reported already'
    throw new MeridianError('MERIDIAN_REQUEST_FAILED', `${title} ${why}`)
  }
  const said = `${title} has load ${load} %, for 30 s\n`
  call.io.out(options.output === 'json' ? renderJson(answer.body) : said)
  return EXIT_OK
}

function loadOperand(text: string): number {
  const load = parseLoad(text)
  if (load !== undefined) return load
  throw usageError(`${JSON.stringify(text)} is not a load: ${WANTED_LOAD}`)
}

const listOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  cluster: z.string().transform(idOperand).optional(),
})

const columns: readonly Column<Item>[] = [
  { title: 'app', of: (item) => item['app'] },
  { title: 'cluster', of: (item) => item['cluster'] },
  { title: 'load', of: ({ load }) => percentOf(load), align: 'right' },
]

/** `meridian loads [NAME]`: how busy endpoints are, as edges are told. */
export async function listLoads(call: Call): Promise<number> {
  const { options, client } = openSession(listOptions, call)
  const [name] = call.args
  const app = name === undefined ? undefined : nameOperand(name)
  const list = client.list(pathOf('loads'), { app, cluster: options.cluster }, options.limit)
  const items = await withProgress(call.io, 'reading', list)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(columns, items))
  return EXIT_OK
}

function percentOf(load: unknown): string | undefined {
  return typeof load === 'number' ? `${load} %` : undefined
}
