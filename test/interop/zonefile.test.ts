import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { TYPE_SOA } from '../../shared/dns/codes.ts'
import { toName } from '../../shared/dns/name.ts'
import type { Record } from '../../shared/records/record.ts'
import { anyRecord, recordTypes } from '../../shared/records/records.fixture.ts'
import { formatRecordType, TYPE_NAPTR } from '../../shared/records/types.ts'
import { createIncludes, fileSource } from '../../shared/zonefile/files.ts'
import { sortRecords } from '../../shared/zonefile/order.ts'
import { readZoneFile } from '../../shared/zonefile/parser.ts'
import { formatRecord, printZone } from '../../shared/zonefile/print.ts'
import { checkZoneFile } from '../../shared/zonefile/report.ts'
import { TestFolder } from '../support/mesh.ts'
import { requireTool } from './tools.ts'

const compilezone = requireTool('named-compilezone', 'bind9-utils')
const checkzone = requireTool('named-checkzone', 'bind9-utils')

const folder = new TestFolder()
afterAll(() => folder.remove())

const apex = toName('example')

/** What BIND looks for beyond the form of the records is left out. */
const formOnly = ['-i', 'none', '-k', 'ignore', '-m', 'ignore', '-n', 'ignore', '-r', 'ignore']

/** The zone of a file as BIND reads and writes it. */
function compiled(file: string): string {
  const args = [...formOnly, '-o', '-', apex, file]
  const { stdout, stderr, status } = spawnSync(compilezone, args, {
    cwd: dirname(file),
    maxBuffer: 2 ** 26,
  })
  expect({ status, said: String(stderr) }).toEqual({
    status: 0,
    said: expect.any(String) as unknown,
  })
  return String(stdout)
}

function recordsOf(file: string): readonly Record[] {
  const openInclude = createIncludes(file, { elsewhere: 'refused', cwd: dirname(file) })
  const records: Record[] = []
  for (const item of readZoneFile(fileSource(file), { origin: apex, openInclude })) {
    expect(item.ok ? undefined : item.mistake).toBe(undefined)
    if (item.ok) records.push(item.record)
  }
  return records
}

/** Lines in their order, each one once, as BIND drops duplicates. */
function linesOf(records: readonly Record[]): readonly string[] {
  return [...new Set(sortRecords(records).map((record) => formatRecord(record)))]
}

const head = '$TTL 1h\n@ SOA ns box ( 1 2h 15m 2w\n 1h ) ; times\n  NS ns\nns A 192.0.2.1\n'

const texts: Readonly<{ [what: string]: string }> = {
  'owners, classes, TTLs': `a 1h30m IN A 192.0.2.1\nb IN 1W A 192.0.2.1\n  AAAA 2001:DB8::1\n\\@ TXT x\n*.w A 192.0.2.1\n$TTL 5\nc TXT y\n`,
  escapes: `a\\.b TXT a\\"b "c;d(" e\\;f \\200\nB\\065\\000\\032\\ c MX 10 X\\.Y\n`,
  'parentheses and comments': `a TXT ( b ; c\n\n d ) e\na2 (TXT\n (x) y)\n`,
  $ORIGIN: `$ORIGIN sub\na NS b\n$ORIGIN example.\nc NS d.test.\n`,
  $INCLUDE: `$INCLUDE part sub\nafter A 192.0.2.1\n`,
  $GENERATE: [
    '$GENERATE 1-3 h$ A 192.0.2.$',
    '$GENERATE 0-20/10 ${5,3,d} CNAME ${0,4,x}.b',
    '$GENERATE 30-31 m${-1,0,o} 5 IN MX "10 m${0,2,X}"',
    '$GENERATE 100-101 ${0,7,n}.n PTR p${0,0,N}',
    '$GENERATE 100-101 ${0,8,N}n PTR p${0,6,n}p',
    '$GENERATE 1-2 a$$b$ A 192.0.2.1',
    '',
  ].join('\n'),
  'all types': [
    'a HINFO PC "a b"',
    'b SRV 1 2 3 target',
    'c NAPTR 100 50 "s" "SIP+D2U" "!^(.*)$!sip:\\\\1@example!" .',
    'd LOC 42 21 54 N 71 06 18 W -24m 30m',
    'd2 LOC 1 S 2 3 4.5 E 0.05m 0.01m 99.99m 0',
    `e TLSA 3 1 1 ${'ab'.repeat(32)}`,
    `f SSHFP 4 2 ( ${'ab'.repeat(16)}\n ${'cd'.repeat(16)} )`,
    'g DNAME Other.Test.',
    'h CAA 128 issue "ca.test; account=1"',
    'i SVCB 16 foo alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1',
    'j HTTPS 1 . alpn="f\\\\\\\\oo\\\\,bar,h2" port=53 key667="hello\\210qoo" ipv6hint=2001:db8::1 ech="AAH/"',
    'k HTTPS 0 other.test.',
    'l TYPE65280 \\# 4 0A00 0001',
    'm A \\# 4 C0000201',
    'n PTR .',
    `o DS 1 ECDSAP256SHA256 2 ${'ab'.repeat(32)}`,
    'o NS ns.test.',
    '',
  ].join('\n'),
}
folder.write('part', 'a A 192.0.2.1\n$ORIGIN deep\n$TTL 7\nb NS c\n')

it.each(Object.entries(texts))('BIND reads the same: %s', (what, text) => {
  const file = folder.write(`${what.replaceAll(/\W+/g, '-')}.zone`, head + text)
  const ours = recordsOf(file)
  expect(ours.length).toBeGreaterThan(3)
  const theirs = recordsOf(folder.write('compiled.zone', compiled(file)))
  expect(linesOf(ours)).toEqual(linesOf(theirs))
})

it('TTLs without $TTL: of the SOA by MINIMUM, and what follows', () => {
  const file = folder.write(
    'ttl.zone',
    '@ SOA ns box 1 2 3 4 5\n  NS ns\na 9 NS ns.test.\nns A 192.0.2.1\n',
  )
  const theirs = recordsOf(folder.write('compiled.zone', compiled(file)))
  expect(linesOf(recordsOf(file))).toEqual(linesOf(theirs))
})

it('BIND reads what is printed: records of all types, every octet in names and strings', () => {
  // BIND looks into the regular expressions of NAPTR, which are any octets here.
  const types = recordTypes.filter((type) => type !== TYPE_SOA && type !== TYPE_NAPTR)
  const made = fc.sample(anyRecord(types), { numRuns: 2_000, seed: 1035 })
  // BIND 9.18 does not know the key ohttp (RFC 9540) by its name.
  const known = made.filter((record) => !/ ohttp\b/.test(formatRecord(record)))
  const records = known.map((record, i) => ({ ...record, owner: `r${i}.${apex}` }))
  const printed = [...printZone(records, apex)].join('')
  const file = folder.write('made.zone', `${head}${printed}`)
  const theirs = recordsOf(folder.write('compiled.zone', compiled(file)))
  expect(linesOf(theirs)).toEqual(linesOf(recordsOf(file)))
  expect(new Set(theirs.map(({ type }) => formatRecordType(type))).size).toBe(
    recordTypes.length - 1,
  )
})

describe('named-checkzone and these rules agree', () => {
  it.each([
    [true, 'nothing wrong', 'a A 192.0.2.1'],
    [true, 'wildcards', '* A 192.0.2.1\n*.a TXT x'],
    [true, 'glue', 'a NS ns.a\nns.a A 192.0.2.1'],
    [false, 'a CNAME beside other data', 'a CNAME b\na TXT x'],
    [false, 'two CNAMEs', 'a CNAME b\na CNAME c'],
    [false, 'two SOA records', '@ SOA ns box 2 2 3 4 5'],
    [false, 'two DNAMEs', 'a DNAME b.test.\na DNAME c.test.'],
    [false, 'a bad address', 'a A 192.0.2.256'],
    [false, 'an address with zeros', 'a A 192.0.2.01'],
    [false, 'an unknown type', 'a FOO bar'],
    [false, 'a string too long', `a TXT ${'x'.repeat(256)}`],
    [false, 'a label too long', `${'x'.repeat(64)} A 192.0.2.1`],
    [false, 'a quote that is not closed', 'a TXT "x'],
    [false, 'a parenthesis that is not closed', 'a TXT ( x'],
    [false, 'an empty label', 'a..b A 192.0.2.1'],
    [false, 'a class that is not IN', 'a CH A 192.0.2.1'],
    [false, 'a digest of another length', 'a DS 1 13 2 abcd\na NS ns.test.'],
    [false, 'SVCB with a key twice', 'a SVCB 1 . key123=a key123=b'],
    [false, 'SVCB without what is mandatory', 'a SVCB 1 . mandatory=key123'],
    [false, 'SVCB with no-default-alpn alone', 'a SVCB 1 . no-default-alpn'],
    [false, 'a bad number of octets', 'a TYPE65280 \\# 3 0A00'],
    [false, 'a mail exchange without preference', 'a MX b.test.'],
    [false, 'a place beyond the pole', 'a LOC 91 N 0 E 0m'],
  ])('%s: %s', (isGood, _what, text) => {
    const file = folder.write('checked.zone', `${head}${text}\n`)
    const { status } = spawnSync(checkzone, ['-q', apex, file])
    const { mistakes, findings } = checkZoneFile(fileSource(file), { origin: apex })
    const isGoodHere = mistakes.length === 0 && findings?.errorCount === 0
    expect({ bind: status === 0, here: isGoodHere }).toEqual({ bind: isGood, here: isGood })
  })
  it('glue that is missing: BIND says so, and takes the zone all the same', () => {
    const file = folder.write('checked.zone', `${head}a NS ns.a\n`)
    const { stdout } = spawnSync(checkzone, [apex, file])
    expect(String(stdout)).toContain("a.example/NS 'ns.a.example' has no REQUIRED GLUE")
    const { findings } = checkZoneFile(fileSource(file), { origin: apex })
    expect(findings?.errors.map(({ rule }) => rule)).toEqual(['glue-missing'])
  })
})
