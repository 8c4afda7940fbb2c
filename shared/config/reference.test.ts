import { describe, expect, it } from 'vitest'
import { expandReferences, parseScalar, type ReferenceSources } from './reference.ts'

const sources: ReferenceSources = {
  env: { NAME: 'edge-1', EMPTY: '', NESTED: '${NAME}', API_KEY: 'k' },
  readFile: (path) =>
    path === 'token' ? { ok: true, text: 't0k' } : { ok: false, wanted: 'does not exist' },
}

describe('expandReferences', () => {
  it.each([
    ['plain text', 'plain text'],
    ['${NAME}', 'edge-1'],
    ['a-${NAME}-${NAME}', 'a-edge-1-edge-1'],
    ['${ABSENT:-fallback}', 'fallback'],
    ['${ABSENT:-}', ''],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${EMPTY}', ''],
    ['$${NAME}', '${NAME}'],
    ['$$$$', '$$'],
    ['5$ and $5', '5$ and $5'],
    ['${NESTED}', '${NAME}'],
    ['Bearer ${file:token}', 'Bearer t0k'],
  ])('makes %j to %j', (text, expected) => {
    const expanded = expandReferences(text, sources)
    expect(expanded).toMatchObject({ text: expected, mistakes: [] })
  })

  it.each([
    ['${ABSENT}', ['names the environment variable ABSENT, which is not set']],
    ['${file:nowhere}', ['names the file nowhere, which does not exist']],
    ['${A} ${B}', [expect.stringContaining('variable A,'), expect.stringContaining('variable B,')]],
    ['${1X}', [expect.stringMatching(/^is not a reference/)]],
    ['${}', [expect.stringMatching(/^is not a reference/)]],
    ['${file:}', [expect.stringMatching(/^is not a reference/)]],
    ['${NAME', [expect.stringMatching(/^is not a reference/)]],
    ['${NAME:=x}', [expect.stringMatching(/^is not a reference/)]],
  ])('refuses %j', (text, mistakes) => {
    expect(expandReferences(text, sources).mistakes).toEqual(mistakes)
  })

  it('tells a whole reference, and what must be hidden', () => {
    expect(expandReferences('${NAME}', sources)).toMatchObject({
      isWholeEnv: true,
      isSecret: false,
    })
    expect(expandReferences(' ${NAME}', sources)).toMatchObject({ isWholeEnv: false })
    expect(expandReferences('${file:token}', sources)).toMatchObject({
      isWholeEnv: false,
      isSecret: true,
    })
    expect(expandReferences('${API_KEY}', sources)).toMatchObject({ isSecret: true })
  })
})

describe('parseScalar', () => {
  it.each([
    ['53', 53],
    ['-1.5', -1.5],
    ['true', true],
    ['null', null],
    ['0x10', 16],
    ['', ''],
    ['yes', 'yes'],
    [' 53', ' 53'],
    ['12 # not a comment', '12 # not a comment'],
    ['[1, 2]', '[1, 2]'],
    ['a: b', 'a: b'],
    ['"53"', '"53"'],
    ['*alias', '*alias'],
    ['192.0.2.1', '192.0.2.1'],
  ])('reads %j as %j', (text, expected) => {
    expect(parseScalar(text)).toBe(expected)
  })
})
