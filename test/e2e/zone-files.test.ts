import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { callCli } from '../../cli/cli.fixture.ts'
import { TYPE_SOA } from '../../shared/dns/codes.ts'
import { anyRecord, recordTypes } from '../../shared/records/records.fixture.ts'
import type { Record } from '../../shared/records/record.ts'
import { fileSource } from '../../shared/zonefile/files.ts'
import { sortRecords } from '../../shared/zonefile/order.ts'
import { readZoneFile } from '../../shared/zonefile/parser.ts'
import { formatRecord, printZone } from '../../shared/zonefile/print.ts'
import { CentralUnderTest, TestFolder, token } from '../support/mesh.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const tokenFile = folder.write('token', token)

beforeAll(() => central.start())
afterAll(async () => {
  await central.end()
  folder.remove()
})

const cli = (...args: readonly string[]) =>
  callCli([...args, '--url', central.url, '--token-file', tokenFile], { cwd: folder.path })

/** The records of a file but for the serial, which is central's. */
function linesOf(name: string): readonly string[] {
  const records: Record[] = []
  for (const item of readZoneFile(fileSource(folder.file(name)), { origin: 'example.' })) {
    expect(item.ok ? undefined : item.mistake).toBe(undefined)
    if (item.ok) records.push(item.record)
  }
  const lines = sortRecords(records).map((record) => formatRecord(record))
  return lines.map((line) => line.replace(/( SOA \S+ \S+) \d+ /, '$1 # '))
}

const head =
  '$TTL 1h\n@ 77 SOA ns box ( 2026112201 2h 15m 2w 1h )\n 99 NS ns\n 99 NS ns2.test.\nns A 192.0.2.1\n'
const everyType = `${head}
@ MX 10 mail.test.
@ TXT "v=spf1 -all" second
@ CAA 128 issue "ca.test; account=1"
*.w A 192.0.2.2
*.w AAAA 2001:db8::2
alias CNAME www.w
below NS ns.below
ns.below A 192.0.2.3
below DS 1 13 2 ${'ab'.repeat(32)}
d DNAME Other.Test.
a\\.b\\000 TXT "\\"quoted\\" \\200"
_sip._udp SRV 1 2 5060 sip.test.
n NAPTR 100 50 "s" "SIP+D2U" "!^(.*)$!sip:\\\\1@example!" .
place LOC 42 21 54 N 71 06 18 W -24m 30m
e TLSA 3 1 1 ${'ab'.repeat(32)}
f SSHFP 4 2 ${'cd'.repeat(32)}
p PTR host.test.
h HINFO PC "an os"
i SVCB 16 foo.test. alpn=h2,h3-19 ipv4hint=192.0.2.1
j HTTPS 1 . alpn=h2 port=53
l TYPE65280 \\# 4 0A000001
`

const importedSchema = z.object({ changed: z.int(), deleted: z.int(), serial: z.int() })

describe('a zone file with every type', () => {
  beforeAll(() => folder.write('every.zone', everyType))

  it('is imported, exported as it was, and imported again without a change', async () => {
    const imported = await cli('zone', 'import', 'every.zone', '--zone', 'example')
    expect([imported.code, imported.err]).toEqual([0, ''])
    expect(imported.out).toMatch(
      /\+ rrset a\\046b\\000\.example\. TXT\n[^]*\nzone example\.: 22 rrsets in one change set, changed 23 \(version 1\), serial 1 by the log of central, 2026112201 in the file\n$/,
    )
    expect(await cli('zone', 'export', 'example', '--to', 'out.zone')).toMatchObject({ code: 0 })
    expect(linesOf('out.zone')).toEqual(linesOf('every.zone'))
    expect(await cli('zone', 'check', 'out.zone')).toMatchObject({ code: 0, err: '' })
    const again = await cli('zone', 'import', 'out.zone', '--replace', '--output', 'json')
    expect(importedSchema.parse(JSON.parse(again.out))).toEqual({
      changed: 0,
      deleted: 0,
      serial: 1,
    })
    const { out } = await cli('zone', 'export', 'example')
    expect(out).toBe(readFileSync(folder.file('out.zone'), 'utf8'))
  })
})

it('zones of any records come out as they went in', async () => {
  const types = recordTypes.filter((type) => type !== TYPE_SOA)
  for (const seed of [1, 2, 3]) {
    const made = fc.sample(anyRecord(types), { numRuns: 300, seed })
    const records = made.map((record, i) => ({ ...record, owner: `r${i}.example.` }))
    folder.write('any.zone', `${head}${[...printZone(records)].join('')}`)
    const args = ['any.zone', '--zone', 'example', '--replace', '--yes', '--confirm']
    const imported = await cli('zone', 'import', ...args, '--output', 'json')
    expect([imported.code, imported.err.replaceAll(/^warning: .*\n/gm, '')]).toEqual([0, ''])
    await cli('zone', 'export', 'example', '--to', 'any-out.zone')
    expect(linesOf('any-out.zone')).toEqual(linesOf('any.zone'))
    const again = await cli('zone', 'import', ...args, '--output', 'json')
    expect(importedSchema.parse(JSON.parse(again.out)).changed).toBe(0)
  }
})

describe('--replace', () => {
  const small = (...lines: readonly string[]): string =>
    folder.write('small.zone', [`$ORIGIN replace.test.\n${head}`, ...lines, ''].join('\n'))
  const args = ['zone', 'import', 'small.zone', '--zone', 'replace.test']

  it('deletes what the file does not have, when that is wanted, and says what first', async () => {
    small('a A 192.0.2.1', 'b TXT x', 'c CNAME a')
    expect(await cli(...args)).toMatchObject({ code: 0 })
    // An alias becomes another kind of record in one change.
    small('a A 192.0.2.1', 'c A 192.0.2.9')
    expect(await cli(...args)).toMatchObject({
      code: 1,
      err: expect.stringContaining('(cname-and-other-data)') as unknown,
    })
    expect(await cli(...args, '--replace')).toMatchObject({
      code: 2,
      err: 'error: --replace deletes 2 rrsets (b.replace.test. TXT, c.replace.test. CNAME): --yes is wanted, or --dry-run\n',
    })
    const dry = await cli(...args, '--replace', '--dry-run')
    expect(dry.out).toContain('would change 3')
    const done = await cli(...args, '--replace', '--yes')
    expect(done.out).toMatch(
      /^- rrset b\.replace\.test\. TXT\n- rrset c\.replace\.test\. CNAME\n\+ rrset c\.replace\.test\. A\n/,
    )
  })

  it('that takes most of a zone has to be confirmed', async () => {
    small(...Array.from({ length: 30 }, (_, i) => `h${i} A 192.0.2.1`))
    expect(await cli(...args, '--replace', '--yes')).toMatchObject({ code: 0 })
    small()
    const replace = [...args, '--replace', '--yes']
    expect((await cli(...replace, '--dry-run')).out).toContain('refused without --confirm')
    expect(await cli(...replace)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /the change takes 30 of 31 rrsets .* \(96 %\), .*\(guard\)/,
      ) as unknown,
    })
    expect(await cli(...replace, '--confirm')).toMatchObject({ code: 0 })
  })
})

it.each([
  ['a mistake', 'a A x', 'bad.zone:6:5: "x" is not an IPv4 address'],
  ['a broken rule', 'a CNAME b\na TXT x', '(cname-and-other-data)'],
  ['DS records at the apex', `@ DS 1 13 2 ${'ab'.repeat(32)}`, 'belong to the zone above'],
])('a file with %s is not sent', async (_what, line, said) => {
  folder.write('bad.zone', `${head}${line}\n`)
  const version = await central.version()
  const { code, err } = await cli('zone', 'import', 'bad.zone', '--zone', 'bad.test')
  expect(code).toBe(2)
  expect(err).toContain(said)
  expect(err).toContain('nothing was sent')
  expect(await central.version()).toBe(version)
})

it('a zone that is not there is not exported', async () => {
  expect(await cli('zone', 'export', 'none.test', '--to', 'none.zone')).toMatchObject({
    code: 1,
    err: expect.stringContaining('zone none.test. is not registered') as unknown,
  })
})
