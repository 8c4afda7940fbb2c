import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import { MeridianError } from '../../shared/errors.ts'
import { evolve } from '../model/evolve.ts'
import { stateHash } from '../model/state-hash.ts'
import { emptyState } from '../model/state.ts'
import type { Registry } from './registry.ts'

/** For how long one look holds the process up at a stretch. */
const SLICE_MS = 5

/** What a log was found to be, from its first record to its last. */
export type Verified =
  | {
      readonly ok: true
      readonly version: number
      /** Hash of the history up to the version. */
      readonly hash: string
      readonly events: number
      /** Of the state that all records fold to, and of the one that is served; where they were wanted. */
      readonly stateHash?: string
      readonly liveStateHash?: string
    }
  | {
      readonly ok: false
      /** The first record that is not as it was written. */
      readonly version: number
      readonly detail: string
    }

/**
 * Reads the whole log of a running central, in slices beside the serving: every record against its hash
 * and the one before it. With `withState` it is folded from nothing too, and compared with what is served.
 * Undefined when it was not wanted any more.
 */
export async function verifyLog(
  registry: Pick<Registry, 'version' | 'state' | 'read' | 'hashAt'>,
  clock: Clock,
  { withState }: { readonly withState: boolean },
  isWanted: () => boolean,
): Promise<Verified | undefined> {
  const state = withState ? emptyState() : undefined
  let version = 0
  let events = 0
  let sliceAt = clock.nowMs()
  try {
    // Changes come meanwhile; at the end both states are of one version.
    while (version < registry.version) {
      for (const record of registry.read(version)) {
        if (record.version > registry.version) break
        version = record.version
        events += record.events.length
        if (state !== undefined) evolve(state, record)
        if (clock.nowMs() - sliceAt < SLICE_MS) continue
        await nextTurn()
        if (!isWanted()) return undefined
        sliceAt = clock.nowMs()
      }
    }
  } catch (err) {
    if (!(err instanceof MeridianError) || !faults.has(err.code)) throw err
    return { ok: false, version: version + 1, detail: err.message }
  }
  const hash = registry.hashAt(version) ?? ''
  if (state === undefined) return { ok: true, version, hash, events }
  const hashes = { stateHash: stateHash(state), liveStateHash: stateHash(registry.state) }
  return { ok: true, version, hash, events, ...hashes }
}

const faults: ReadonlySet<string> = new Set(['MERIDIAN_LOG_DAMAGED', 'MERIDIAN_LOG_FOREIGN'])
