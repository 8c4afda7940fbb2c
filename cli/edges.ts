import { MeridianError } from '../shared/errors.ts'
import type { Call } from './call.ts'
import type { RestClient } from './client.ts'
import { findDevState } from './dev-state.ts'
import { usageError } from './failure.ts'
import { idOperand, pathOf } from './keys.ts'
import { oneLine } from '../shared/config/mistakes.ts'
import { baseOf } from './target.ts'

/** An edge whose admin interface can be asked. */
export interface EdgeAddress {
  readonly id: string
  readonly adminUrl: string
}

/**
 * Finds the edge that `--edge` names (an id, or the URL of its admin interface), or all edges. When
 * central does not answer, those of `meridian dev` on this machine are taken.
 */
export async function findEdges(
  client: RestClient,
  edge: string | undefined,
  call: Call,
): Promise<readonly EdgeAddress[]> {
  if (edge?.includes('://') === true) return [{ id: edge, adminUrl: baseOf(edge, '--edge') }]
  const id = edge === undefined ? undefined : idOperand(edge)
  try {
    const path = id === undefined ? pathOf('edges') : pathOf('edges', id)
    const items = id === undefined ? await client.list(path) : [await client.get(path)]
    return items.map((item) => toAddress(item['id'], item['adminUrl']))
  } catch (err) {
    if (!(err instanceof MeridianError) || err.code !== 'MERIDIAN_CENTRAL_UNREACHABLE') throw err
    return edgesOfDev(id, err, call)
  }
}

function edgesOfDev(
  id: string | undefined,
  err: MeridianError,
  call: Call,
): readonly EdgeAddress[] {
  const dev = findDevState(call.io.cwd)
  const edges = dev?.state.edges.filter((edge) => id === undefined || edge.id === id) ?? []
  if (dev === undefined || edges.length === 0) throw err
  call.io.err(`${oneLine(err.message)}; the edges are those of ${dev.file}\n`)
  return edges
}

function toAddress(id: unknown, adminUrl: unknown): EdgeAddress {
  const name = typeof id === 'string' ? id : 'an edge'
  if (typeof adminUrl !== 'string' || adminUrl === '') {
    throw usageError(`${name} has told central no admin URL; name it by --edge http://…`)
  }
  return { id: name, adminUrl: baseOf(adminUrl, `the admin URL of ${name}`) }
}
