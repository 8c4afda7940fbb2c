import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { callCli, createFolder } from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)
mkdirSync(join(folder.path, 'zones'))

function write(name: string, text: string): void {
  writeFileSync(join(folder.path, 'zones', name), text)
}

const head = '$TTL 60\n@ SOA ns box 7 2 3 4 5\n  NS ns\nns A 192.0.2.1\n'
write('good', `${head}www 300 A 192.0.2.2\n  MX 10 mail.test.\n`)
write('own', `$ORIGIN example.\n${head}`)
write('mistakes', `${head}a A x\nb MX 1\n`)
write('broken', `${head}a A 192.0.2.1\na 61 A 192.0.2.2\na 61 A 192.0.2.2\n$INCLUDE part\n`)
write('part', 'b CNAME c\nb TXT x\n')
write('worse', 'a A x\n'.repeat(30))
write('many', `${head}$GENERATE 1-50 a 60 A 192.0.2.1\n`)
write('outside', `${head}$INCLUDE ../part\n`)
writeFileSync(join(folder.path, 'part'), 'b A 192.0.2.1\n')

const check = (...args: readonly string[]) =>
  callCli(['zone', 'check', ...args], { cwd: folder.path })

test('a good zone is summed up by type', async () => {
  expect(await check('zones/good', '--origin', 'Example')).toEqual({
    code: 0,
    out: `TYPE  RECORDS
A           2
NS          1
SOA         1
MX          1

zone example.: serial 7, records 5, errors 0, warnings 0
`,
    err: '',
  })
})

test('the file may say the origin itself', async () => {
  const { code, out } = await check('zones/own')
  expect({ code, last: out.split('\n').at(-2) }).toEqual({
    code: 0,
    last: 'zone example.: serial 7, records 3, errors 0, warnings 0',
  })
})

test('mistakes are lines with their places, and end with 2', async () => {
  expect(await check('zones/mistakes', '--origin', 'example')).toMatchObject({
    code: 2,
    err: `error: zones/mistakes:5:5: "x" is not an IPv4 address such as 192.0.2.1
error: zones/mistakes:6:7: "MX" ends where a mail exchange, a domain name, is wanted
`,
    out: expect.stringMatching(
      /\nzones\/mistakes: serial 7, records 3, errors 2, the zone as a whole was not checked\n$/,
    ) as unknown,
  })
})

test('broken rules are lines with their places and names, errors first; warnings alone are no failure', async () => {
  expect(await check('zones/broken', '--origin', 'example')).toMatchObject({
    code: 2,
    err: `error: zones/broken:6:6: a.example. A has TTL 61, and 60 at zones/broken:5 (ttl-differs)
error: zones/broken:7:6: a.example. A has TTL 61, and 60 at zones/broken:5 (ttl-differs)
error: zones/part:1:3: b.example. has a CNAME record, and TXT at zones/part:2 (cname-and-other-data)
warning: zones/broken:7:6: a.example. A stands in the zone already with the same data (duplicate)
`,
    out: expect.stringContaining(
      'zone example.: serial 7, records 8, errors 3, warnings 1\n',
    ) as unknown,
  })
  const { code, err } = await check('zones/many', '--origin', 'example')
  expect({ code, lines: err.split('\n').slice(19) }).toEqual({
    code: 0,
    lines: [
      'warning: zones/many:5:21: a.example. A stands in the zone already with the same data (duplicate)',
      'warning: 29 more',
      '',
    ],
  })
})

test('reading that was ended says so', async () => {
  const { code, err } = await check('zones/worse', '--origin', 'example')
  expect(code).toBe(2)
  expect(err.split('\n').slice(20)).toEqual([
    'error: zones/worse: the rest was not read: 20 mistakes are enough',
    '',
  ])
})

test('JSON has the same', async () => {
  const good = await check('zones/good', '--origin', 'example', '--output', 'json')
  expect({ code: good.code, value: JSON.parse(good.out) as unknown }).toEqual({
    code: 0,
    value: {
      ok: true,
      file: 'zones/good',
      apex: 'example.',
      serial: 7,
      records: 5,
      types: { A: 2, NS: 1, SOA: 1, MX: 1 },
      errors: [],
      warnings: [],
      errorCount: 0,
      warningCount: 0,
    },
  })
  const broken = await check('zones/broken', '--origin', 'example', '--output', 'json')
  expect({
    code: broken.code,
    err: broken.err,
    value: JSON.parse(broken.out) as unknown,
  }).toMatchObject({
    code: 2,
    err: '',
    value: {
      ok: false,
      errorCount: 3,
      errors: [{ rule: 'ttl-differs', file: 'zones/broken', line: 6, column: 6 }, {}, {}],
      warnings: [{ rule: 'duplicate', line: 7 }],
    },
  })
  const mistakes = await check('zones/mistakes', '--origin', 'example', '--output', 'json')
  expect({ code: mistakes.code, value: JSON.parse(mistakes.out) as unknown }).toMatchObject({
    code: 2,
    value: {
      ok: false,
      errors: [
        {
          rule: 'syntax',
          file: 'zones/mistakes',
          line: 5,
          column: 5,
          message: '"x" is not an IPv4 address such as 192.0.2.1',
        },
        {},
      ],
    },
  })
})

test('$INCLUDE stays in the folder of the file unless it is told', async () => {
  const refused = await check('zones/outside', '--origin', 'example')
  expect(refused).toMatchObject({
    code: 2,
    err: 'error: zones/outside:5:10: "../part" is outside of the folder of the zone file\n',
  })
  const allowed = await check('zones/outside', '--origin', 'example', '--include-anywhere')
  expect(allowed).toMatchObject({ code: 0, err: '' })
})

test.each([
  [['zones/none'], /^error: zones\/none cannot be read: ENOENT/],
  [['zones'], /^error: zones is a folder, a file is wanted\n$/],
  [['zones/good', '--origin', 'a..b'], /^error: "a\.\.b" has an empty label\n$/],
  [[], /missing required argument 'file'/],
])('%j ends with 2', async (args, err) => {
  expect(await check(...args)).toEqual({
    code: 2,
    out: '',
    err: expect.stringMatching(err) as unknown,
  })
})
