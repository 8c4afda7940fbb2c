import { describe, expect, it } from 'vitest'
import { prefixText } from '../../shared/geo/prefix.ts'
import { LINE_MAX_CHARACTERS, linesOf } from './lines.ts'
import { parseQueryLine } from './query-line.ts'

/** The fields of a good line in one string; else the reason. */
function parsed(line: string): string | undefined {
  const result = parseQueryLine(line)
  if (result === undefined) return undefined
  if (!result.ok) return result.reason
  const { client, edge, qname, qtype } = result.query
  return [prefixText(client), edge ?? '-', qname, qtype ?? 'other'].join(' ')
}

describe('a line of a log', () => {
  it.each([
    ['192.0.2.7 video.example A', '192.0.2.7/32 - video.example. 1'],
    ['192.0.2.7 sfo Video.Example. aaaa\r', '192.0.2.7/32 sfo video.example. 28'],
    ['  2001:DB8::7\tlhr\tvideo.example\tMX ', '2001:db8::7/128 lhr video.example. other'],
    ['::ffff:192.0.2.7 video.example TYPE1', '192.0.2.7/32 - video.example. 1'],
    ['192.0.2.0/24 video.example 28', '192.0.2.0/24 - video.example. 28'],
    [
      '{"time":"x","client":"192.0.2.0/24","edge":"sfo","qname":"a.example.","qtype":"A"}',
      '192.0.2.0/24 sfo a.example. 1',
    ],
    ['{"client":"192.0.2.0/24","qname":"a.example.","qtype":"A"}', '192.0.2.0/24 - a.example. 1'],
    ['', undefined],
    ['# client qname qtype', undefined],
  ])('%j is taken', (line, fields) => {
    expect(parsed(line)).toBe(fields)
  })

  it.each([
    ['192.0.2.7', 'has 1 fields, client-ip [edge-id] qname qtype is wanted'],
    ['1 2 3 4 5', 'has 5 fields, client-ip [edge-id] qname qtype is wanted'],
    ['nobody a.example A', 'has the client "nobody", an address or a prefix is wanted'],
    ['192.0.2.7/24 a.example A', 'has the client "192.0.2.7/24", an address or a prefix is wanted'],
    ['192.0.2.7 a..example A', 'has the name "a..example", which has an empty label'],
    ['192.0.2.7 a.example !', 'has the type "!", one such as A or AAAA is wanted'],
    ['{"client":', 'is not JSON, though it begins like it'],
    ['{"client":1}', 'has no good client: client, qname and qtype are wanted, as text'],
    ['x'.repeat(LINE_MAX_CHARACTERS + 1), `has more than ${LINE_MAX_CHARACTERS} characters`],
  ])('%j is bad', (line, reason) => {
    expect(parsed(line)).toBe(reason)
  })
})

async function* chunksOf(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function linesIn(...texts: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of linesOf(chunksOf(...texts))) lines.push(line)
  return lines
}

describe('lines', () => {
  it('are put together from chunks, the last one without an end too', async () => {
    expect(await linesIn('one\ntw', 'o\n\nth', 'ree')).toEqual(['one', 'two', '', 'three'])
    expect(await linesIn('one\n')).toEqual(['one'])
    expect(await linesIn()).toEqual([])
  })

  it('keep one character more than a good line has, so that memory has a bound', async () => {
    const long = 'x'.repeat(100_000)
    const lines = await linesIn(long, long, `${long}\nnext\n`, `${long}\n`)
    expect(lines.map(({ length }) => length)).toEqual([
      LINE_MAX_CHARACTERS + 1,
      4,
      LINE_MAX_CHARACTERS + 1,
    ])
  })
})
