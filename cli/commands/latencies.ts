import { z } from 'zod'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Item } from '../client.ts'
import { idOperand, pathOf } from '../keys.ts'
import { globalOptions, limitOption } from '../options.ts'
import { renderJson, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

const latencyOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  edge: z.string().transform(idOperand).optional(),
  cluster: z.string().transform(idOperand).optional(),
})

const columns: readonly Column<Item>[] = [
  { title: 'edge', of: (item) => item['edge'] },
  { title: 'cluster', of: (item) => item['cluster'] },
  { title: 'ms', of: ({ roundTripMs }) => msOf(roundTripMs), align: 'right' },
]

/** `meridian latencies`: the round trips that edges have measured. */
export async function listLatencies(call: Call): Promise<number> {
  const { options, client } = openSession(latencyOptions, call)
  const query = { edge: options.edge, cluster: options.cluster }
  const list = client.list(pathOf('latencies'), query, options.limit)
  const items = await withProgress(call.io, 'reading', list)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(columns, items))
  return EXIT_OK
}

/** Two digits are enough for people: an own cluster is at 0.05 ms. */
function msOf(roundTripMs: unknown): string | undefined {
  return typeof roundTripMs === 'number' ? roundTripMs.toFixed(2) : undefined
}
