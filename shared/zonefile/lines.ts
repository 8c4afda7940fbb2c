/** The longest line: a word of the greatest length, and what stands around it. */
export const LINE_MAX_BYTES = 524_288

/**
 * Cuts chunks of a file into lines, one character for each octet (latin1), without CR and LF. A line that is
 * too long is `undefined`; it is not kept while it is read.
 */
export function* linesOf(chunks: Iterable<Uint8Array>): Generator<string | undefined, void> {
  let rest = ''
  let isTooLong = false
  let isFirst = true
  const lineOf = (text: string): string | undefined => {
    if (isTooLong || text.length > LINE_MAX_BYTES) return undefined
    const line = text.endsWith('\r') ? text.slice(0, -1) : text
    if (!isFirst) return line
    isFirst = false
    // The byte order mark that some editors write before UTF-8.
    return line.startsWith('\u00ef\u00bb\u00bf') ? line.slice(3) : line
  }
  for (const chunk of chunks) {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield lineOf(rest + text.slice(start, end))
      rest = ''
      isTooLong = false
      start = end + 1
    }
    if (!isTooLong) rest += text.slice(start)
    if (rest.length > LINE_MAX_BYTES) {
      rest = ''
      isTooLong = true
    }
  }
  if (rest !== '' || isTooLong) yield lineOf(rest)
}
