import { TTL_MAX } from '../dns/codes.ts'
import { parseTtl } from '../records/ttl.ts'
import { isMetaType, mnemonics, parseRecordType } from '../records/types.ts'
import { wrong } from '../records/words.ts'
import type { Fault, Word } from '../records/words.ts'

/** What stands between the owner of a record and its data. */
export interface Head {
  /** Undefined when it is left out. */
  readonly ttl: number | undefined
  readonly type: number
  readonly typeWord: Word
  /** The index of the word behind the type. */
  readonly next: number
}

/** Reads `[<TTL>] [<class>] <type>` or `[<class>] [<TTL>] <type>` (RFC 1035 §5.1). */
export function readHead(words: readonly Word[], from: number): Head | Fault {
  let ttl: number | undefined
  let hasClass = false
  for (let at = from; ; at++) {
    const word = words[at]
    if (word === undefined) {
      const last = words.at(-1)
      const wanted = 'ends the entry where a type is wanted'
      return last === undefined
        ? { line: 1, column: 1, found: undefined, wanted }
        : wrong(last, wanted)
    }
    if (word.isQuoted) return wrong(word, 'is quoted, where a type is wanted')
    if (ttl === undefined && /^\d/.test(word.text)) {
      const read = readTtl(word)
      if (typeof read === 'object') return read
      ttl = read
    } else if (!hasClass && /^(?:IN|CH|HS|CS|CLASS\d{1,5})$/i.test(word.text)) {
      if (!/^(?:IN|CLASS1)$/i.test(word.text)) return wrong(word, 'is a class other than IN')
      hasClass = true
    } else {
      const type = parseRecordType(word.text)
      if (type === undefined) {
        return wrong(word, `is not a type: one of ${mnemonics.join(' ')} or TYPE123 is wanted`)
      }
      if (isMetaType(type)) return wrong(word, 'is a type that no zone can have records of')
      return { ttl, type, typeWord: word, next: at + 1 }
    }
  }
}

/** Reads the TTL that a word is. */
export function readTtl(word: Word): number | Fault {
  const ttl = parseTtl(word.text)
  if (ttl !== undefined && ttl <= TTL_MAX) return ttl
  // RFC 2181 §8: "an unsigned number, with a minimum value of 0, and a maximum value of 2147483647"
  return wrong(word, `is not a TTL in 0..${TTL_MAX} such as 3600 or 1h30m`)
}
