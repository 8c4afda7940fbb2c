import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { stringify } from 'yaml'
import {
  ALIASED_VALUES_MAX,
  parseYamlDocument,
  type ReferenceMode,
  type SourceDocument,
} from './document.ts'
import { formatMistake } from './mistakes.ts'

function read(text: string, references?: ReferenceMode): SourceDocument {
  const parsed = parseYamlDocument('m.yaml', text, references)
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'))
  return parsed.document
}

function linesOf(text: string): readonly string[] {
  const parsed = parseYamlDocument('m.yaml', text)
  return (parsed.ok ? parsed.document.mistakes : parsed.mistakes).map(formatMistake)
}

describe('parseYamlDocument', () => {
  it('gives the value and the place of every part', () => {
    const document = read('clusters:\n  - id: sfo\n    addresses: [192.0.2.1, 192.0.2.2]\n')
    expect(document.value).toEqual({
      clusters: [{ id: 'sfo', addresses: ['192.0.2.1', '192.0.2.2'] }],
    })
    const place = (line: number, column: number): object => ({ file: 'm.yaml', line, column })
    expect(document.placeOf(['clusters', 0, 'addresses', 1])).toEqual(place(3, 28))
    expect(document.placeOf(['clusters', 0])).toEqual(place(2, 5))
    expect(document.placeOf(['clusters', 0, 'absent', 'deep'])).toEqual(place(2, 5))
    expect(document.placeOf([])).toEqual(place(1, 1))
    expect(document.placeOfKey(['clusters', 0], 'addresses')).toEqual(place(3, 5))
  })

  it.each([
    ['a: [1, 2', /^m\.yaml:1:\d+: not YAML: /],
    ['a: 1\n\tb: 2', /^m\.yaml:2:1: not YAML: tabs are not allowed/],
    ['a: 1\n---\nb: 2', /^m\.yaml:2:1: not YAML: more than one document in the file$/],
    ['a: @x', /^m\.yaml:1:4: not YAML: plain value cannot start/],
    [
      'a: !!binary aGk=',
      /^m\.yaml:1:\d+: a: has the tag tag:yaml.org,2002:binary, which is not understood$/,
    ],
    ['a: !mine x', /^m\.yaml:1:\d+: a: has the tag !mine, which is not understood$/],
    ['a: *nowhere', /^m\.yaml:1:4: a: is an alias of an anchor that is not set$/],
    ['a: &a [*a]', /^m\.yaml:1:8: a\[0\]: is an alias of what it stands in$/],
    ['? [a]\n: 1', /^m\.yaml:1:3: a key is not a plain word$/],
    [
      'a: 1\nb: { c: 1, c: 2 }',
      /^m\.yaml:2:12: b: duplicate key `c`, it already stands in line 2$/,
    ],
    [`${'['.repeat(100)}${']'.repeat(100)}`, /lies deeper than 64 levels$/],
  ])('refuses %j', (text, line) => {
    expect(linesOf(text)).toEqual([expect.stringMatching(line)])
  })

  it('follows aliases, and knows the places behind them', () => {
    const document = read('one: &x { id: sfo }\ntwo: *x\n')
    expect(document.value).toEqual({ one: { id: 'sfo' }, two: { id: 'sfo' } })
    expect(document.placeOf(['two', 'id'])).toEqual({ file: 'm.yaml', line: 1, column: 15 })
  })

  it('bounds what aliases can grow to, and says so once', () => {
    const levels = Array.from({ length: 8 }, (_, i) => {
      const inner = i === 0 ? 'x' : `*a${i - 1}`
      return `a${i}: &a${i} [${Array.from({ length: 10 }, () => inner).join(', ')}]`
    })
    expect(linesOf(levels.join('\n'))).toEqual([
      expect.stringContaining(`is over the ${ALIASED_VALUES_MAX} values that aliases may add`),
    ])
  })

  it('takes a key __proto__ as a key like others', () => {
    const { value } = read('__proto__: { polluted: true }')
    expect(typeof value === 'object' && value !== null && Object.keys(value)).toEqual(['__proto__'])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('leaves references in plain data alone', () => {
    expect(read('a: ${HOME}\nb: ${file:/etc/hostname}\nc: $$').value).toEqual({
      a: '${HOME}',
      b: '${file:/etc/hostname}',
      c: '$$',
    })
  })

  it('gives back any JSON value that was written as YAML', () => {
    const json = fc
      .jsonValue({ maxDepth: 4 })
      .map((value): unknown => JSON.parse(JSON.stringify(value)))
    fc.assert(
      fc.property(json, (value) => {
        const text = stringify(value)
        expect(read(text).value).toEqual(value)
      }),
      { numRuns: 150 },
    )
  })

  it('refuses or reads any text, and never throws', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(...Array.from('ab:-[]{}&*!|>"\'#,? \n\t$1')),
          maxLength: 40,
        }),
        (text) => {
          const parsed = parseYamlDocument('m.yaml', text)
          const lines = parsed.ok ? parsed.document.mistakes : parsed.mistakes
          expect(lines.every((mistake) => formatMistake(mistake).startsWith('m.yaml'))).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})
