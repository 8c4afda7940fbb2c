import { WordSplitter, wrong } from '../records/words.ts'
import type { Fault, Word } from '../records/words.ts'
import type { Entry } from './entries.ts'
import { countOf, parseRange, parseTemplate } from './generate.ts'
import { readHead } from './head.ts'

/** The most records that all `$GENERATE` of a file make together. */
export const GENERATED_MAX = 1_000_000

/**
 * The entries that `$GENERATE range owner [ttl] [class] type rdata` stands for, one by one; at most
 * `left`. What is wrong with it is the fault of an entry, the last one. All words stand where the type does.
 */
export function* generatedEntries(words: readonly Word[], left: number): Generator<Entry, void> {
  const plan = readPlan(words, left)
  if ('wanted' in plan) {
    yield failed(plan)
    return
  }
  const { range, ownerWord, owner, dataWord, data, middle } = plan
  const { line, column } = plan.typeWord
  for (let value = range.start; value <= range.stop; value += range.step) {
    const ownerText = owner(value)
    const text = data(value)
    if (ownerText === undefined || text === undefined) {
      const word = ownerText === undefined ? ownerWord : dataWord
      yield failed(wrong(word, `has no number in 0..2147483647 when $ is ${value}`))
      return
    }
    const splitter = new WordSplitter()
    splitter.add(text, line)
    splitter.close()
    const { fault } = splitter
    const made = splitter.words.map((word) => ({ ...word, line, column }))
    yield {
      words: [{ ...ownerWord, text: ownerText }, ...middle, ...made],
      isIndented: false,
      fault: fault === undefined ? undefined : { ...fault, line, column },
    }
  }
}

function failed(fault: Fault): Entry {
  return { words: [], isIndented: false, fault }
}

function readPlan(words: readonly Word[], left: number) {
  const [directive, rangeWord, ownerWord] = words
  const range = rangeWord === undefined ? undefined : parseRange(rangeWord.text)
  if (directive === undefined || rangeWord === undefined || range === undefined) {
    return missing(rangeWord ?? directive, 'is not followed by a range such as 1-100 or 0-100/2')
  }
  if (countOf(range) > left) {
    return wrong(rangeWord, `has too many numbers: a file makes at most ${GENERATED_MAX} records`)
  }
  if (ownerWord === undefined) return wrong(rangeWord, 'ends $GENERATE where an owner is wanted')
  const head = readHead(words, 3)
  if ('wanted' in head) return head
  const { typeWord, next } = head
  const dataWords = words.slice(next)
  const [dataWord = typeWord] = dataWords
  // BIND takes one word, quoted when it has blanks; what is written without quotes is meant alike.
  const text = dataWords.length === 1 ? dataWord.text : dataWords.map(asWritten).join(' ')
  const owner = parseTemplate(ownerWord.text)
  const data = parseTemplate(text)
  if (owner === undefined || data === undefined) {
    const wanted = 'has $ with braces that are not ${offset,width,base}, base one of d o x X n N'
    return wrong(owner === undefined ? ownerWord : dataWord, wanted)
  }
  const middle = words.slice(3, next)
  return { range, ownerWord, owner, dataWord, data, middle, typeWord }
}

function missing(word: Word | undefined, wanted: string): Fault {
  return word === undefined ? { line: 1, column: 1, found: undefined, wanted } : wrong(word, wanted)
}

/** A word with its quotes. */
function asWritten({ text, isQuoted }: Word): string {
  return isQuoted ? `"${text}"` : text
}
