import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MISTAKES_MAX, readZoneFile } from './parser.ts'
import { readText } from './zonefile.fixture.ts'

describe('a mistake has file, line and column, what was found and what is wanted', () => {
  test.each([
    ['a 60 A 192.0.2', 'z:1:8: "192.0.2" is not an IPv4 address such as 192.0.2.1'],
    ['\n\n  60 NS .', 'z:3:6: "NS" has no owner: no record with a good name is before it'],
    ['a NS .', 'z:1:3: "NS" has no TTL, and none is before it: one or $TTL is wanted'],
    ['a 60', 'z:1:3: "60" ends the entry where a type is wanted'],
    ['a', 'z:1:1: "a" ends the entry where a type is wanted'],
    ['a 60 CH A 192.0.2.1', 'z:1:6: "CH" is a class other than IN'],
    ['a 60 IN IN A 192.0.2.1', 'z:1:9: "IN" is not a type'],
    ['a 60 60 A 192.0.2.1', 'z:1:6: "60" is not a type'],
    ['a 60 ADDRESS 192.0.2.1', 'z:1:6: "ADDRESS" is not a type: one of A NS CNAME SOA'],
    ['a 60 "A" 192.0.2.1', 'z:1:6: "A" is quoted, where a type is wanted'],
    ['a 60 TYPE255 \\# 0', 'z:1:6: "TYPE255" is a type that no zone can have records of'],
    ['a 60 TYPE41 \\# 0', 'z:1:6: "TYPE41" is a type that no zone can have records of'],
    ['a 60 TYPE70000 \\# 0', 'z:1:6: "TYPE70000" is not a type'],
    ['a 2147483648 NS .', 'z:1:3: "2147483648" is not a TTL in 0..2147483647'],
    ['a 1h30 NS .', 'z:1:3: "1h30" is not a TTL in 0..2147483647 such as 3600 or 1h30m'],
    ['$TTL', 'z:1:1: "$TTL" has no time behind it'],
    ['$TTL x', 'z:1:6: "x" is not a TTL'],
    ['$TTL 1 2', 'z:1:8: "2" is more than $TTL has'],
    ['$ORIGIN', 'z:1:1: "$ORIGIN" has no name behind it'],
    ['$ORIGIN a..b', 'z:1:9: "a..b" has an empty label'],
    ['$ORIGIN "a"', 'z:1:9: "a" is quoted: a domain name stands without quotes'],
    ['$UNKNOWN 1', 'z:1:1: "$UNKNOWN" is not one of $ORIGIN, $TTL, $INCLUDE, $GENERATE'],
    ['"a" 60 NS .', 'z:1:1: "a" is quoted: a domain name stands without quotes'],
    ['a..b 60 NS .', 'z:1:1: "a..b" has an empty label'],
    [
      'b\u00fccher 60 NS .',
      'z:1:1: "b\u00fccher" has a character that must be written as \\DDD or in punycode',
    ],
    ['a 60 TXT "x', 'z:1:10: "\\"" is never closed on its line'],
    ['a 60 TXT x\\', 'z:1:11: "\\\\" ends the line, and escapes nothing'],
    ['a 60 TXT ( x\ny\n', 'z:1:10: "(" is never closed'],
    ['a 60 TXT x )', 'z:1:12: ")" has no ( before it'],
    ['a 60 TXT ( x\n  y "z )\n', 'z:2:5: "\\"" is never closed on its line'],
  ])('%j', (text, mistake) => {
    const { records, mistakes } = readText(text)
    expect(records).toEqual([])
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]?.startsWith(mistake)).toBe(true)
  })
})

test('what is good goes on behind a mistake', () => {
  const { lines, mistakes } = readText(
    'a 60 NS .\nb 60 MX x\nc 60 NS .\n 60 MX y .\n 60 A 192.0.2.1\n',
  )
  expect(lines).toEqual([
    'a.example. 60 IN NS .',
    'c.example. 60 IN NS .',
    'c.example. 60 IN A 192.0.2.1',
  ])
  expect(mistakes).toHaveLength(2)
})

test('records below an owner that cannot be read are no records of the one before', () => {
  const { lines, mistakes } = readText('a 60 NS .\nb..c 60 NS .\n  60 A 192.0.2.1\n')
  expect(lines).toEqual(['a.example. 60 IN NS .'])
  expect(mistakes).toHaveLength(2)
})

test('a relative name where there is no origin', () => {
  const { mistakes } = readText('a 60 NS .\n@ 60 NS .\na.test. 60 NS b', { origin: '' })
  const reason = 'is relative, and there is no origin: an absolute name or $ORIGIN is wanted'
  expect(mistakes).toEqual([
    `z:1:1: "a" ${reason}`,
    `z:2:1: "@" ${reason}`,
    `z:3:15: "b" ${reason}`,
  ])
})

test(`reading ends after ${MISTAKES_MAX} mistakes`, () => {
  const { records, mistakes } = readText(`${'a 60 A x\n'.repeat(30)}a 60 A 192.0.2.1\n`)
  expect(records).toEqual([])
  expect(mistakes).toHaveLength(MISTAKES_MAX)
})

describe('bounds', () => {
  const mistakesOf = (...parts: readonly string[]) => {
    const source = { file: 'z', chunks: parts.map((part) => Buffer.from(part)) }
    const items = [...readZoneFile(source, { origin: 'example.' })]
    return items.map((item) => (item.ok ? 'record' : `${item.mistake.line} ${item.mistake.wanted}`))
  }

  test('a line; the one behind it is read', () => {
    const long = 'x '.repeat(100_000)
    const wanted = ['1 line is longer than 524288 octets', 'record']
    expect(mistakesOf('a 60 TXT ', long, long, long, '\na 60 NS .')).toEqual(wanted)
    expect(mistakesOf(`a 60 TXT ${long}${long}${long}`, '\na 60 NS .')).toEqual(wanted)
  })

  test('a word', () => {
    expect(mistakesOf(`a 60 TXT "${'x'.repeat(270_001)}"\na 60 NS .`)).toEqual([
      '1 has 270001 octets, at most 270000',
      'record',
    ])
  })

  test('the words of an entry', () => {
    const lines = `${'x '.repeat(1_000)}\n`.repeat(67)
    expect(mistakesOf(`a 60 TXT (${lines})\na 60 NS .`)).toEqual([
      '66 is one word too many: an entry has at most 66000',
      'record',
    ])
  })

  test('an entry in parentheses', () => {
    const line = `; ${'x'.repeat(1_000)}\n`
    const [first] = mistakesOf(`a 60 TXT (\n${line.repeat(1_100)}`)
    expect(first).toBe('1 is never closed')
  })
})

test('any text is read to its end without throwing', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\n',
      ' ',
      '(',
      ')',
      '"',
      ';',
      '\\',
      '@',
      '$',
      '$TTL 1',
      '$ORIGIN a',
      'A',
      'IN',
      '60',
      'TXT',
      '$GENERATE 1-3 a$ A 192.0.2.$',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const { mistakes } = readText(pieces.join(' '))
      expect(mistakes.length).toBeLessThanOrEqual(MISTAKES_MAX)
    }),
    { numRuns: 100 },
  )
})
