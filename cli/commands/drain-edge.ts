import { z } from 'zod'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import type { Call, Run } from '../call.ts'
import { RestClient, type Request } from '../client.ts'
import { findEdges } from '../edges.ts'
import { globalOptions, operand } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

const drainOptions = z.object(globalOptions)
const drainSchema = z.object({ draining: z.boolean() })

/** `meridian drain edge ID`: its `/ready` says no, so that nothing new is sent to it. */
export const drainEdge: Run = (call) => turn(call, 'PUT')

/** `meridian undrain edge ID`: it is ready again. */
export const undrainEdge: Run = (call) => turn(call, 'DELETE')

async function turn(call: Call, method: 'PUT' | 'DELETE'): Promise<number> {
  const { options, client } = openSession(drainOptions, call)
  const finding = findEdges(client, operand(call.args, 0), call)
  const [edge] = await withProgress(call.io, 'finding the edge', finding)
  if (edge === undefined) return EXIT_FAILED
  // Without a token: that of central is none of the edge's business.
  const admin = new RestClient({ url: edge.adminUrl, from: `edge ${edge.id}` }, 'edge')
  const request: Request = { method, path: '/v1/drain' }
  const answer = await withProgress(call.io, `asking ${edge.id}`, admin.expect(request))
  const { draining } = admin.read(drainSchema, request, answer)
  const what = draining ? 'is draining: it still answers, but is not ready' : 'is not draining'
  call.io.out(options.output === 'json' ? renderJson(answer.body) : `edge ${edge.id} ${what}\n`)
  return EXIT_OK
}
