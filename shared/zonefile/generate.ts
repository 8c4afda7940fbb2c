/** `$GENERATE` as BIND has it: entries that differ by a number. */

/** The greatest number that is counted to. */
const NUMBER_MAX = 2_147_483_647
/** The widest that a number is filled up to. */
const WIDTH_MAX = 255

/** What is counted: from `start` to `stop`, both included. */
export interface Range {
  readonly start: number
  readonly stop: number
  readonly step: number
}

/** Reads `start-stop` or `start-stop/step`; undefined when it is neither. */
export function parseRange(text: string): Range | undefined {
  const parts = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text)?.slice(1)
  if (parts === undefined) return undefined
  const [start = 0, stop = 0, step = 1] = parts.map((part) => Number(part ?? 1))
  const isGood = start <= stop && stop <= NUMBER_MAX && step >= 1 && step <= NUMBER_MAX
  return isGood ? { start, stop, step } : undefined
}

/** How many numbers a range has. */
export function countOf({ start, stop, step }: Range): number {
  return Math.floor((stop - start) / step) + 1
}

/** Makes the text of one number; undefined when the number becomes negative. */
export type Template = (value: number) => string | undefined

/**
 * Reads a text with `$` for the number, `${offset,width,base}` for it in another form (base `d`, `o`, `x`,
 * `X`, or `n`, `N` for nibbles), and `\$` for a dollar. Undefined when braces are not well-formed.
 */
export function parseTemplate(text: string): Template | undefined {
  const parts: (string | ((value: number) => string | undefined))[] = []
  let plain = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '\\') {
      const isDollar = text.charAt(i + 1) === '$'
      plain += isDollar ? '$' : text.slice(i, i + 2)
      i++
    } else if (char !== '$') {
      plain += char
    } else if (text.charAt(i + 1) === '$') {
      // BIND: "For compatibility with earlier versions, $$ is still recognized" as one dollar.
      plain += '$'
      i++
    } else {
      const braces = text.charAt(i + 1) === '{' ? /^\{[^}]*\}/.exec(text.slice(i + 1))?.[0] : ''
      const format = braces === undefined ? undefined : parseFormat(braces)
      if (braces === undefined || format === undefined) return undefined
      parts.push(plain, format)
      plain = ''
      i += braces.length
    }
  }
  parts.push(plain)
  return (value) => {
    let made = ''
    for (const part of parts) {
      const text = typeof part === 'string' ? part : part(value)
      if (text === undefined) return undefined
      made += text
    }
    return made
  }
}

/** Reads what stands in braces; without them the number is written as it is. */
function parseFormat(braces: string): ((value: number) => string | undefined) | undefined {
  if (braces === '') return String
  const [, offsetText, widthText = '0', base = 'd'] =
    /^\{([+-]?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?\}$/.exec(braces) ?? []
  const offset = Number(offsetText)
  const width = Number(widthText)
  if (Number.isNaN(offset) || Math.abs(offset) > NUMBER_MAX || width > WIDTH_MAX) return undefined
  return (value) => {
    const shifted = value + offset
    if (shifted < 0 || shifted > NUMBER_MAX) return undefined
    switch (base) {
      case 'o':
        return shifted.toString(8).padStart(width, '0')
      case 'x':
        return shifted.toString(16).padStart(width, '0')
      case 'X':
        return shifted.toString(16).toUpperCase().padStart(width, '0')
      case 'n':
        return nibbles(shifted, width)
      case 'N':
        return nibbles(shifted, width).toUpperCase()
      default:
        return String(shifted).padStart(width, '0')
    }
  }
}

/** Hexadecimal digits, the last first, with dots between them, which count for the width too. */
function nibbles(value: number, width: number): string {
  let text = ''
  let rest = value
  do {
    text += (rest % 16).toString(16)
    rest = Math.floor(rest / 16)
    if (rest > 0 || text.length < width) text += '.'
  } while (rest > 0 || text.length < width)
  return text
}
