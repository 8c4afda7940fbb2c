import type { Answer } from '../query/encode.ts'
import type { NameEntries } from '../table/name-entries.ts'
import type { EntryTimes } from '../table/record.ts'
import type { Publication } from './publication.ts'

/** Declares a name as what it is, with its types. False when there is no room for it. */
export function declareAs(
  entries: NameEntries,
  as: Publication['as'],
  types: readonly number[],
  referral: Answer | undefined,
  times: EntryTimes,
): boolean {
  switch (as) {
    case 'unsaid':
      return true
    case 'absent':
      return entries.declareAbsent(times)
    case 'plain':
      return entries.declare(types, times)
    case 'alias':
      return entries.declareAlias(types, times)
    case 'chain':
      return entries.declareChain(types, times)
    case 'redirect':
      return entries.declareRedirect(types, times)
    default:
      // A cut; without its referral the control thread refers.
      if (referral !== undefined) entries.declareCut(types, referral, times)
      return true
  }
}
