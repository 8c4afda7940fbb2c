import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatMistake } from '../config/mistakes.ts'
import { createIncludes, fileSource } from './files.ts'
import { INCLUDE_DEPTH_MAX, readZoneFile } from './parser.ts'
import { formatRecord } from './print.ts'
import { readText, textSource } from './zonefile.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'meridian-zonefile-'))
const cwd = join(folder, 'zones')
mkdirSync(join(cwd, 'parts', 'deep'), { recursive: true })
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): void {
  writeFileSync(join(cwd, name), text)
}

/** What the file `zone` becomes, line by line, with paths relative to its folder. */
function read(text: string, elsewhere: 'allowed' | 'refused' = 'refused'): readonly string[] {
  write('zone', text)
  const openInclude = createIncludes('zone', { elsewhere, cwd })
  const source = fileSource(join(cwd, 'zone'), 'zone')
  return [...readZoneFile(source, { origin: 'example.', openInclude })].map((item) =>
    item.ok
      ? `${item.place.file}:${item.place.line} ${formatRecord(item.record)}`
      : formatMistake(item.mistake).replaceAll(folder, ''),
  )
}

write('parts/one', '$TTL 5\na NS b\n$ORIGIN other\nc NS d\n$INCLUDE deep/two\n')
write('parts/deep/two', 'e NS f\n')
writeFileSync(join(folder, 'outside'), 'x 60 NS y\n')
symlinkSync(join(folder, 'outside'), join(cwd, 'link'))
write('blank', '  60 NS .\n')
write('b lünk', 'a 60 NS .\n')

describe('$INCLUDE', () => {
  test('reads files beside the one that names them; their origin and owner end with them', () => {
    expect(
      read('o 60 NS p\n$INCLUDE parts/one\n  NS p\n$INCLUDE parts/deep/two sub ; c\nq NS r\n'),
    ).toEqual([
      'zone:1 o.example. 60 IN NS p.example.',
      'parts/one:2 a.example. 5 IN NS b.example.',
      'parts/one:4 c.other.example. 5 IN NS d.other.example.',
      'parts/deep/two:1 e.other.example. 5 IN NS f.other.example.',
      'zone:3 o.example. 5 IN NS p.example.',
      'parts/deep/two:1 e.sub.example. 5 IN NS f.sub.example.',
      'zone:5 q.example. 5 IN NS r.example.',
    ])
  })

  test.each(['"b l\u00fcnk"', 'b\\ l\\195\\188nk'])(
    'a path with blanks and other scripts: %s',
    (path) => {
      expect(read(`$INCLUDE ${path}\n`)).toEqual(['b l\u00fcnk:1 a.example. 60 IN NS .'])
    },
  )

  test('a file has no owner from the one that names it', () => {
    expect(read('a 60 NS .\n$INCLUDE blank\n')).toEqual([
      'zone:1 a.example. 60 IN NS .',
      'blank:1:6: "NS" has no owner: no record with a good name is before it',
    ])
  })

  test.each([
    ['$INCLUDE', 'zone:1:1: "$INCLUDE" has no file'],
    ['$INCLUDE a b c', 'zone:1:14: "c" is more than $INCLUDE has'],
    ['$INCLUDE parts/one a..b', 'zone:1:20: "a..b" has an empty label'],
    ['$INCLUDE parts', 'zone:1:10: "parts" is not a file'],
    ['$INCLUDE ../outside', 'zone:1:10: "../outside" is outside of the folder of the zone file'],
    ['$INCLUDE ../none', 'zone:1:10: "../none" is outside of the folder of the zone file'],
    ['$INCLUDE link', 'zone:1:10: "link" is outside of the folder of the zone file'],
    ['$INCLUDE /outside', 'zone:1:10: "/outside" is absolute: a path relative to . is wanted'],
    ['$INCLUDE a\\300', 'zone:1:10: "a\\\\300" has an escape that is neither'],
    ['$INCLUDE none', 'zone:1:10: "none" cannot be read: ENOENT'],
    ['$INCLUDE "a\u0000b"', 'zone:1:10: "a\\u0000b" is not a path'],
  ])('%s', (text, mistake) => {
    const lines = read(text)
    expect(lines).toHaveLength(1)
    expect(lines[0]?.slice(0, mistake.length)).toBe(mistake)
  })

  test('elsewhere, when that is allowed', () => {
    const line = 'x.example. 60 IN NS y.example.'
    expect(read('$INCLUDE ../outside', 'allowed')).toEqual([`../outside:1 ${line}`])
    expect(read(`$INCLUDE ${join(folder, 'outside')}`, 'allowed')).toEqual([
      `${folder}/outside:1 ${line}`,
    ])
    expect(read('$INCLUDE link', 'allowed')).toEqual([`link:1 ${line}`])
  })

  test(`at most ${INCLUDE_DEPTH_MAX} deep, so that a file that includes itself ends`, () => {
    expect(read('a 60 NS .\n$INCLUDE zone\n')).toEqual([
      ...Array.from({ length: INCLUDE_DEPTH_MAX + 1 }, () => 'zone:1 a.example. 60 IN NS .'),
      'zone:2:1: "$INCLUDE" is more than 8 files deep',
    ])
  })

  test('at most 10,000 in all', () => {
    const openInclude = () => ({ ok: true as const, source: textSource('') })
    const { mistakes } = readText('$INCLUDE empty\n'.repeat(10_001), { openInclude })
    expect(mistakes).toEqual([
      'z:10001:1: "$INCLUDE" is one too many, a file leads to at most 10000',
    ])
  })

  test('not at all where nothing opens them', () => {
    const source = { file: 'z', chunks: [Buffer.from('$INCLUDE parts/one\n')] }
    const [item] = readZoneFile(source)
    expect(item).toMatchObject({
      ok: false,
      mistake: { value: '"$INCLUDE"', wanted: 'is not allowed here' },
    })
  })
})
