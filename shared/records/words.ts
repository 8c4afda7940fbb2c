/**
 * Words of a master file (RFC 1035 §5.1): what stands between blanks, or between quotes. Texts have one
 * character for each octet (latin1), escapes are kept: `\.` and `.` differ in a name.
 */
export interface Word {
  /** As written, without the quotes. */
  readonly text: string
  readonly isQuoted: boolean
  /** Whether nothing stands between it and the word before: `alpn="h2"` is two words. */
  readonly isJoined: boolean
  /** Counted from 1. */
  readonly line: number
  /** Octets of the line, counted from 1. */
  readonly column: number
}

/** What is wrong in a text, and where: what was found, if anything, and half a sentence behind it. */
export interface Fault {
  readonly line: number
  readonly column: number
  readonly found: string | undefined
  readonly wanted: string
}

/** The most words of one entry: an rdata of 65,535 empty strings, and what stands before it. */
const ENTRY_WORDS_MAX = 66_000
/** The longest word: 65,535 octets, each as `\DDD`, and what stands around them. */
const WORD_MAX_BYTES = 270_000

/** Makes the fault of a word. */
export function wrong(word: Word, wanted: string): Fault {
  return { line: word.line, column: word.column, found: word.text, wanted }
}

/** Splits lines into the words of one entry, which goes on until its parentheses are closed. */
export class WordSplitter {
  readonly words: Word[] = []
  #depth = 0
  /** The first parenthesis that is open. */
  #opened: { readonly line: number; readonly column: number } | undefined
  /** The first fault of the entry; later ones may only follow from it. */
  fault: Fault | undefined

  /** Whether the next line goes on with this entry. */
  get isOpen(): boolean {
    return this.#depth > 0
  }

  /** Ends the entry where the file ends, or where it has to: its open parenthesis is a fault. */
  close(): void {
    if (this.#opened !== undefined) {
      this.fault ??= { ...this.#opened, found: '(', wanted: 'is never closed' }
    }
    this.#depth = 0
    this.#opened = undefined
  }

  /** Takes one more line, without its end. */
  add(text: string, line: number): void {
    let isJoined = false
    let i = 0
    while (i < text.length) {
      const char = text.charCodeAt(i)
      if (char === SPACE || char === TAB) {
        isJoined = false
        i++
      } else if (char === SEMICOLON) {
        return
      } else if (char === OPEN || char === CLOSE) {
        this.#parenthesis(char, line, i + 1)
        isJoined = false
        i++
      } else {
        const isQuoted = char === QUOTE
        const start = isQuoted ? i + 1 : i
        const end = isQuoted ? endOfQuoted(text, start) : endOfPlain(text, start)
        if (end < 0) {
          const found = isQuoted ? '"' : '\\'
          const wanted = isQuoted
            ? 'is never closed on its line'
            : 'ends the line, and escapes nothing'
          const column = isQuoted ? i + 1 : text.length
          this.fault ??= { line, column, found, wanted }
          return
        }
        this.#word({ text: text.slice(start, end), isQuoted, isJoined, line, column: i + 1 })
        isJoined = true
        i = isQuoted ? end + 1 : end
      }
    }
  }

  #word(word: Word): void {
    if (word.text.length > WORD_MAX_BYTES) {
      this.fault ??= wrong(word, `has ${word.text.length} octets, at most ${WORD_MAX_BYTES}`)
    } else if (this.words.length >= ENTRY_WORDS_MAX) {
      this.fault ??= wrong(word, `is one word too many: an entry has at most ${ENTRY_WORDS_MAX}`)
    } else {
      this.words.push(word)
    }
  }

  /** RFC 1035 §5.1: "Parentheses are used to group data that crosses a line boundary." */
  #parenthesis(char: number, line: number, column: number): void {
    if (char === OPEN) {
      this.#depth++
      this.#opened ??= { line, column }
    } else if (this.#depth === 0) {
      this.fault ??= { line, column, found: ')', wanted: 'has no ( before it' }
    } else if (--this.#depth === 0) {
      this.#opened = undefined
    }
  }
}

/** Where the closing quote stands; negative when there is none. */
function endOfQuoted(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === BACKSLASH) i++
    else if (char === QUOTE) return i
  }
  return -1
}

/** The offset behind a word without quotes; negative when a backslash ends the line. */
function endOfPlain(text: string, start: number): number {
  let i = start
  for (; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === BACKSLASH) i++
    else if (char <= SEMICOLON && isEnd(char)) return i
  }
  return i > text.length ? -1 : i
}

function isEnd(char: number): boolean {
  return (
    char === SPACE ||
    char === TAB ||
    char === SEMICOLON ||
    char === OPEN ||
    char === CLOSE ||
    char === QUOTE
  )
}

const TAB = 0x09
const SPACE = 0x20
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
