/** Characters of a line: a name has 255, an address 45. */
export const LINE_MAX_CHARACTERS = 4_096
const KEPT_CHARACTERS = LINE_MAX_CHARACTERS + 1

/**
 * Splits text into lines. Of one that is too long only the beginning is kept, one character more than
 * any good line has: a file without line ends does not fill memory.
 */
export async function* linesOf(chunks: AsyncIterable<unknown>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) continue
    const text = rest + decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield text.slice(from, Math.min(end, from + KEPT_CHARACTERS))
      from = end + 1
    }
    rest = text.slice(from, from + KEPT_CHARACTERS)
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
