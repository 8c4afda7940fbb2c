import { describe, expect, it } from 'vitest'
import { isSameOutput, stepsOf, withPids } from '../support/document.ts'

describe('what a document shows and what is printed', () => {
  it.each([
    ['the same', 'a b\nc', 'a b\nc\n', true],
    ['blanks in another number', 'a  b', 'a b  ', true],
    ['another time', 'at 2026-11-21T13:49:57.990Z', 'at 2027-01-01T00:00:00.000Z', true],
    ['another pid', 'central pid 12', 'central pid 345', true],
    ['a part of a line left out', 'from … to b', 'from a to b', true],
    ['lines left out', 'a\n…\nd', 'a\nb\nc\nd', true],
    ['another word', 'a b', 'a c', false],
    ['another number', 'version 2', 'version 3', false],
    ['a line more', 'a', 'a\nb', false],
    ['a line less', 'a\nb', 'a', false],
    ['a sign of a pattern', 'a.c', 'abc', false],
    ['nothing', '', 'a', false],
  ])('%s', (_what, wanted, printed, isSame) => {
    expect(isSameOutput(wanted, printed, new Map())).toBe(isSame)
  })

  it('later commands mean the process that had the place of the pid', () => {
    const pids = new Map<string, string>()
    expect(isSameOutput('a pid 12\nb pid 13', 'a pid 700\nb pid 701', pids)).toBe(true)
    expect(withPids('kill 13 130', pids)).toBe('kill 701 130')
  })

  it('a text belongs to the commands before it', () => {
    const document = '```sh\na\n```\nand\n```text\nb\n```\n```yaml\nc: 1\n```\n```sh\nd\n```\n'
    expect(stepsOf(document)).toEqual([
      { commands: 'a\n', output: 'b\n', line: 1 },
      { commands: 'd\n', output: undefined, line: 11 },
    ])
    expect(() => stepsOf('```text\nb\n```\n')).toThrow('no commands')
  })
})
