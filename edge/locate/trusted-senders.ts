import { parsePrefix } from '../../shared/geo/prefix.ts'
import { compilePrefixes } from './compile-prefixes.ts'
import type { LocationHandle } from './location-layout.ts'
import { LocationWriter } from './location-writer.ts'
import { rangesBytes } from './ranges.ts'
import type { NumberedPrefix } from './ranges.ts'
import { runAtOnce } from './slices.ts'

/** The number of a sender that is trusted; others have 0. */
export const TRUSTED = 1

/** It is written once, before anyone reads it. */
const nobodyReads = { endEpoch: () => 0, hasPassed: () => true }

/** Makes a table that says which senders are trusted, by their prefixes, which have been checked. */
export function createTrustedSenders(prefixes: readonly string[]): LocationHandle {
  const entries = prefixes.map((text): NumberedPrefix => {
    const parsed = parsePrefix(text)
    if (!parsed.ok) throw new RangeError(`clients.ecs.trusted: ${text} ${parsed.reason}`)
    return { prefix: parsed.prefix, number: TRUSTED }
  })
  const ranges = runAtOnce(compilePrefixes(entries))
  const writer = new LocationWriter(rangesBytes(ranges), nobodyReads)
  writer.publish(ranges)
  while (writer.hasWork) writer.maintain()
  return writer.handle
}
