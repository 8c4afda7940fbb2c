import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Item } from '../client.ts'
import { formatDuration } from '../duration.ts'
import { idOperand, nameOperand, pathOf } from '../keys.ts'
import { globalOptions, limitOption } from '../options.ts'
import { cell, renderJson, renderTable, type Column } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

const machineOptions = z.object({
  ...globalOptions,
  limit: limitOption,
  cluster: z.string().transform(idOperand).optional(),
})

/** `meridian machines [NAME]`: the machines that are registered, of one app or of all. */
export async function listMachines(call: Call): Promise<number> {
  const { options, client } = openSession(machineOptions, call)
  const [name] = call.args
  const query = {
    app: name === undefined ? undefined : nameOperand(name),
    cluster: options.cluster,
  }
  const list = client.list(pathOf('machines'), query, options.limit)
  const items = await withProgress(call.io, 'reading', list)
  const columns = columnsAt(systemClock.epochMs())
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderTable(columns, items))
  return EXIT_OK
}

function columnsAt(nowEpoch: number): readonly Column<Item>[] {
  return [
    { title: 'app', of: (item) => item['app'] },
    { title: 'cluster', of: (item) => item['cluster'] },
    { title: 'machine', of: (item) => item['machine'] },
    { title: 'addresses', of: (item) => item['addresses'] },
    { title: 'port', of: (item) => item['port'], align: 'right' },
    { title: 'state', of: stateOf },
    {
      title: 'ends after',
      of: ({ endAfterDownSeconds }) => secondsOf(endAfterDownSeconds),
      align: 'right',
    },
    {
      title: 'lease',
      of: ({ leaseEndsEpoch }) => leftOf(leaseEndsEpoch, nowEpoch),
      align: 'right',
    },
  ]
}

/** Whether it is in answers, and why not. */
function stateOf({ state, why }: Item): string {
  return typeof why === 'string' ? `${cell(state)}: ${why}` : cell(state)
}

/** How long it may be down. */
function secondsOf(seconds: unknown): string | undefined {
  return typeof seconds === 'number' ? formatDuration(seconds * 1000) : undefined
}

function leftOf(leaseEndsEpoch: unknown, nowEpoch: number): string | undefined {
  return typeof leaseEndsEpoch === 'number' ? formatDuration(leaseEndsEpoch - nowEpoch) : undefined
}
