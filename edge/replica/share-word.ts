import { LOAD_MAX_PERCENT } from '../../shared/registry/limits.ts'
import type { ReplicaEndpoint } from './model.ts'

/** What of an endpoint says how much of the queries it gets. */
export type EndpointShare = Pick<ReplicaEndpoint, 'load' | 'withheld' | 'fallback'>

/*
 * It in one number, 0 where nothing is said, as it stands in packed apps and in lines of snapshots:
 *
 *   17            8 7              1 0
 *   | load + 1 (10) | withheld, % (7) | fallback (1) |
 */

/** Makes the number. */
export function shareWord({ load, withheld = 0, fallback }: EndpointShare): number {
  return ((load === undefined ? 0 : load + 1) << 8) | (withheld << 1) | (fallback === true ? 1 : 0)
}

/** Reads a number of `shareWord`; undefined when it is none. */
export function readShareWord(word: number): EndpointShare | undefined {
  const load = (word >>> 8) - 1
  const withheld = (word >>> 1) & 0x7f
  if (load > LOAD_MAX_PERCENT || withheld > 100) return undefined
  return {
    ...(load < 0 ? {} : { load }),
    ...(withheld === 0 ? {} : { withheld }),
    ...((word & 1) === 0 ? {} : { fallback: true }),
  }
}

/** Whether it matters to policies that do not ask for load. */
export function isShared({ withheld = 0, fallback }: EndpointShare): boolean {
  return withheld > 0 || fallback === true
}
