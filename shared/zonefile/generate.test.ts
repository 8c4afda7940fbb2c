import { describe, expect, test } from 'vitest'
import { parseRange, parseTemplate } from './generate.ts'
import { readText } from './zonefile.fixture.ts'

test.each([
  ['1-3', { start: 1, stop: 3, step: 1 }],
  ['0-10/5', { start: 0, stop: 10, step: 5 }],
  ['7-7', { start: 7, stop: 7, step: 1 }],
  ['3-1', undefined],
  ['1-3/0', undefined],
  ['-1-3', undefined],
  ['1', undefined],
  ['0-2147483648', undefined],
])('the range %s', (text, range) => {
  expect(parseRange(text)).toEqual(range)
})

describe('a template makes of a number', () => {
  test.each([
    ['h$', 7, 'h7'],
    ['$-$', 7, '7-7'],
    ['a$$b', 7, 'a$b'],
    ['a\\$b$', 7, 'a$b7'],
    ['a\\\\$', 7, 'a\\\\7'],
    ['${0}', 7, '7'],
    ['${+3}.${-3}', 7, '10.4'],
    ['${0,3}', 7, '007'],
    ['${0,3,d}', 1234, '1234'],
    ['${0,3,o}', 8, '010'],
    ['${0,3,x}', 255, '0ff'],
    ['${0,0,X}', 255, 'FF'],
    // As BIND writes nibbles: dots count for the width.
    ['${0,0,n}', 0x1af, 'f.a.1'],
    ['${0,4,N}', 0xf, 'F.0.'],
    ['${0,7,n}', 0x1f, 'f.1.0.0'],
    ['${-8}', 7, undefined],
    ['${2147483647}', 1, undefined],
  ])('%s, %i: %s', (text, value, made) => {
    expect(parseTemplate(text)?.(value)).toBe(made)
  })

  test.each(['${', '${x}', '${1,2,z}', '${1,2,d,3}', '${1,999}', '${}'])('not of %s', (text) => {
    expect(parseTemplate(text)).toBe(undefined)
  })
})

test.each([
  [
    '$GENERATE 1-2 a$ 60 IN A 192.0.2.$',
    ['a1.example. 60 IN A 192.0.2.1', 'a2.example. 60 IN A 192.0.2.2'],
  ],
  [
    '$generate 2-6/4 $ 60 PTR h${-1,2}',
    ['2.example. 60 IN PTR h01.example.', '6.example. 60 IN PTR h05.example.'],
  ],
  ['$GENERATE 1-1 a$ 60 MX "10 m$"', ['a1.example. 60 IN MX 10 m1.example.']],
  ['$GENERATE 1-1 a$ 60 MX 10 m$', ['a1.example. 60 IN MX 10 m1.example.']],
  ['$GENERATE 1-1 a$ 60 TXT "x $" y', ['a1.example. 60 IN TXT "x 1" "y"']],
  ['$TTL 5\n$GENERATE 1-1 @ NS ns$', ['example. 5 IN NS ns1.example.']],
])('%s', (text, lines) => {
  expect(readText(text)).toMatchObject({ lines, mistakes: [] })
})

test('the owner before it is that of a blank owner behind it', () => {
  const { lines } = readText('b 60 NS .\n$GENERATE 1-1 a$ A 192.0.2.$\n  TXT x')
  expect(lines.at(-1)).toBe('b.example. 60 IN TXT "x"')
})

test.each([
  ['$GENERATE', 'z:1:1: "$GENERATE" is not followed by a range such as 1-100 or 0-100/2'],
  [
    '$GENERATE 3-1 a A 192.0.2.1',
    'z:1:11: "3-1" is not followed by a range such as 1-100 or 0-100/2',
  ],
  ['$GENERATE 1-3', 'z:1:11: "1-3" ends $GENERATE where an owner is wanted'],
  ['$GENERATE 1-3 a$', 'z:1:15: "a$" ends the entry where a type is wanted'],
  [
    '$GENERATE 1-3 a${ 60 A 192.0.2.1',
    'z:1:15: "a${" has $ with braces that are not ${offset,width,base}',
  ],
  [
    '$GENERATE 0-3 a 60 A 192.0.2.${-1}',
    'z:1:22: "192.0.2.${-1}" has no number in 0..2147483647 when $ is 0',
  ],
  // Only the first of many that are alike.
  [
    '$GENERATE 255-999 a 60 A 192.0.2.$',
    'z:1:24: "192.0.2.256" is not an IPv4 address such as 192.0.2.1',
  ],
  ['$GENERATE 1-9 a$ 60 TXT "($"', 'z:1:21: "(" is never closed'],
  [
    '$GENERATE 0-1000000 a$ 60 A 192.0.2.1',
    'z:1:11: "0-1000000" has too many numbers: a file makes at most 1000000 records',
  ],
])('%s', (text, mistake) => {
  const { mistakes } = readText(text)
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]?.startsWith(mistake)).toBe(true)
})

test('all $GENERATE of a file share the bound', () => {
  const { records, mistakes } = readText('$GENERATE 1-9 a 60 NS .\n$GENERATE 1-999992 b 60 NS .')
  expect(records).toHaveLength(9)
  expect(mistakes).toEqual([
    'z:2:11: "1-999992" has too many numbers: a file makes at most 1000000 records',
  ])
})
