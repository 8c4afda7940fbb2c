import { WordSplitter } from '../records/words.ts'
import type { Fault, Word } from '../records/words.ts'
import { LINE_MAX_BYTES, linesOf } from './lines.ts'

/** The most octets that parentheses may hold together. */
const ENTRY_MAX_BYTES = 1_048_576

/** One entry of a master file: a record or a directive, over as many lines as its parentheses take. */
export interface Entry {
  /** One at least, unless there is a fault. */
  readonly words: readonly Word[]
  /** Whether its first line begins with a blank: then it has no owner of its own. */
  readonly isIndented: boolean
  readonly fault: Fault | undefined
}

/** Cuts a file into its entries. */
export function* entriesOf(chunks: Iterable<Uint8Array>): Generator<Entry, void> {
  let splitter = new WordSplitter()
  let isIndented = false
  let bytes = 0
  let number = 0
  for (const line of linesOf(chunks)) {
    number++
    if (bytes === 0) isIndented = line?.startsWith(' ') === true || line?.startsWith('\t') === true
    if (line === undefined) {
      const wanted = `line is longer than ${LINE_MAX_BYTES} octets`
      splitter.fault ??= { line: number, column: 1, found: undefined, wanted }
    } else {
      splitter.add(line, number)
    }
    bytes += line?.length ?? LINE_MAX_BYTES
    if (splitter.isOpen && bytes <= ENTRY_MAX_BYTES) {
      // An empty line within parentheses is no begin of an entry.
      bytes++
      continue
    }
    splitter.close()
    const { words, fault } = splitter
    if (words.length > 0 || fault !== undefined) {
      yield { words, isIndented, fault }
      splitter = new WordSplitter()
    }
    bytes = 0
  }
  splitter.close()
  const { words, fault } = splitter
  if (words.length > 0 || fault !== undefined) yield { words, isIndented, fault }
}
