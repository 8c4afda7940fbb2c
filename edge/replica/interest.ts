import type { Name } from '../../shared/dns/name.ts'
import type { WatchStream } from './central-client.ts'
import type { Tables } from './tables.ts'

/** Names in one Interest message. */
const INTEREST_NAMES = 1_000

/**
 * Names what the edge holds. What Watch kept current goes into the first list, which central tells
 * of only when it changed; the rest (`isWatched` false) is asked for after Welcome.
 */
export function sendNames(
  stream: WatchStream,
  { names, version }: Tables,
  isWatched: boolean,
  nextSequence: () => number,
): void {
  let add: Name[] = []
  const walk = names.entries(version)
  for (const entry of walk.entries) {
    if (entry.isWatched !== isWatched) continue
    add.push(entry.name)
    if (add.length < INTEREST_NAMES) continue
    stream.write({ interest: { add, sequence: nextSequence() } })
    add = []
  }
  walk.end()
  if (isWatched || add.length > 0) {
    stream.write({ interest: { add, sequence: nextSequence(), last: isWatched } })
  }
}

/** Says which names need not be told any more. */
export function sendForgotten(stream: WatchStream, names: readonly Name[], sequence: number): void {
  for (let i = 0; i < names.length; i += INTEREST_NAMES) {
    stream.write({ interest: { remove: names.slice(i, i + INTEREST_NAMES), sequence } })
  }
}
