/**
 * Edges, many in one process: all that an edge is, but for the data threads, as a machine with two cores
 * cannot run fifty processes at once. It is given their configs, and says `started` when all are up.
 */
import { z } from 'zod'
import { createEdge } from '../../edge/edge.ts'
import { edgeOptionsSchema } from '../../edge/options.ts'
import { createLogger } from '../../shared/log.ts'

const ordersSchema = z.object({ edges: z.array(edgeOptionsSchema) })

async function beEdges({ edges }: z.output<typeof ordersSchema>): Promise<void> {
  for (const config of edges) await createEdge(config, createLogger('error', {})).start()
  process.send?.('started')
}

// Each edge listens for some signals of its process.
process.setMaxListeners(0)
process.once('disconnect', () => process.exit())
process.once('message', (message) => void beEdges(ordersSchema.parse(message)))
