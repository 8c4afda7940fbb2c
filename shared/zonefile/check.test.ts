import { expect, test } from 'vitest'
import { toName } from '../dns/name.ts'
import { ZoneCheck } from './check.ts'
import { errorRules, FINDINGS_MAX, warningRules } from './findings.ts'
import { readZoneFile } from './parser.ts'
import { checkZoneFile } from './report.ts'
import { readText, textSource } from './zonefile.fixture.ts'

const apex = '$TTL 60\n@ SOA ns box 7 2 3 4 5\n@ NS ns.test.\n'

/** The findings of a zone `example`, as `rule line:column message`. */
function find(text: string, origin = 'example'): readonly string[] {
  const { findings, mistakes } = checkZoneFile(textSource(text), { origin: toName(origin) })
  expect(mistakes).toEqual([])
  const { errors = [], warnings = [] } = findings ?? {}
  return [...errors, ...warnings].map(({ rule, place, message }) => {
    return [rule, ...(place === undefined ? [] : [`${place.line}:${place.column}`]), message].join(
      ' ',
    )
  })
}

const cases: readonly (readonly [text: string, ...findings: readonly string[]])[] = [
  // ---- the apex ----
  [
    '',
    'soa-missing example. has no SOA record, one is wanted',
    'ns-missing example. has no NS record, one at least is wanted',
  ],
  ['$TTL 60\n@ NS ns.test.', 'soa-missing 2:3 example. has no SOA record, one is wanted'],
  [
    '$TTL 60\n@ SOA ns box 1 2 3 4 5',
    'ns-missing 2:3 example. has no NS record, one at least is wanted',
  ],
  [`${apex}@ SOA ns box 8 2 3 4 5`, 'soa-multiple 4:3 example. has 2 SOA records, one is wanted'],
  [
    `${apex}a SOA ns box 8 2 3 4 5`,
    'soa-not-at-apex 4:3 a.example. has an SOA record, which only the apex example. has',
  ],
  [`${apex}a.test. A 192.0.2.1`, 'out-of-zone 4:9 a.test. is not in the zone example.'],
  [
    `${apex}counterexample. A 192.0.2.1`,
    'out-of-zone 4:17 counterexample. is not in the zone example.',
  ],
  // ---- RFC 1034 §3.6.2, RFC 2181 §10.1 ----
  [
    `${apex}a CNAME b.test.\na A 192.0.2.1`,
    'cname-and-other-data 4:3 a.example. has a CNAME record, and A at z:5',
  ],
  [
    `${apex}@ CNAME b.test.`,
    'cname-and-other-data 4:3 example. has a CNAME record, and SOA at z:2',
  ],
  [
    `${apex}a CNAME b.test.\nA CNAME c.test.`,
    'cname-multiple 5:3 a.example. has 2 CNAME records, one is wanted',
  ],
  [`${apex}a CNAME b.test.\na TYPE46 \\# 1 00\na TYPE47 \\# 1 00`],
  // ---- RFC 6672 §2.3, §2.4 ----
  [
    `${apex}a DNAME b.test.\nx.y.a A 192.0.2.1`,
    'below-dname 5:7 x.y.a.example. is below the DNAME record of a.example.',
  ],
  [
    `${apex}a DNAME b.test.\na DNAME c.test.`,
    'dname-multiple 5:3 a.example. has 2 DNAME records, one is wanted',
  ],
  [
    `${apex}a DNAME b.test.\na NS ns.test.`,
    'dname-and-ns 4:3 a.example. has NS records beside its DNAME record',
  ],
  [
    `${apex}*.a DNAME b.test.`,
    'wildcard-impossible 4:5 *.a.example. is a wildcard, which cannot have DNAME records',
  ],
  [
    `${apex}*.a NS b.test.`,
    'wildcard-impossible 4:5 *.a.example. is a wildcard, which cannot have NS records',
  ],
  [
    `${apex}a DNAME b.test.\na CNAME c.test.`,
    'cname-and-other-data 5:3 a.example. has a CNAME record, and DNAME at z:4',
  ],
  [
    `${apex}@ DNAME b.test.\na A 192.0.2.1`,
    'below-dname 5:3 a.example. is below the DNAME record of example.',
  ],
  [`${apex}a DNAME b.test.\na A 192.0.2.1\nba A 192.0.2.1`],
  // ---- RFC 2181 §5, §5.2 ----
  [
    `${apex}a A 192.0.2.1\na 61 A 192.0.2.2`,
    'ttl-differs 5:6 a.example. A has TTL 61, and 60 at z:4',
  ],
  [`${apex}a A 192.0.2.1\na 61 AAAA 2001:db8::1`],
  [
    `${apex}a MX 1 b.test.\na MX 1 B.test.`,
    'duplicate 5:3 a.example. MX stands in the zone already with the same data',
  ],
  [`${apex}a TXT b\na TXT B`],
  [
    `${apex}@ SOA ns box 7 2 3 4 5`,
    'duplicate 4:3 example. SOA stands in the zone already with the same data',
  ],
  // ---- RFC 2181 §10.3 ----
  [
    `${apex}c CNAME a.test.\n@ NS C\n@ MX 1 c\na SRV 1 2 3 c`,
    'target-is-cname 5:3 example. NS leads to c.example., an alias (CNAME)',
    'target-is-cname 6:3 example. MX leads to c.example., an alias (CNAME)',
    'target-is-cname 7:3 a.example. SRV leads to c.example., an alias (CNAME)',
  ],
  // ---- RFC 1034 §4.2.1 ----
  [
    `${apex}a NS ns.a`,
    'glue-missing 4:3 a.example. NS leads to ns.a.example., below a cut: an A or AAAA record of it is wanted',
  ],
  [
    `${apex}a NS a`,
    'glue-missing 4:3 a.example. NS leads to a.example., below a cut: an A or AAAA record of it is wanted',
  ],
  [
    `${apex}a NS ns.b\nb NS ns.test.`,
    'glue-missing 4:3 a.example. NS leads to ns.b.example., below a cut: an A or AAAA record of it is wanted',
  ],
  [
    `${apex}* A 192.0.2.1\na NS ns.a`,
    'glue-missing 5:3 a.example. NS leads to ns.a.example., below a cut: an A or AAAA record of it is wanted',
  ],
  [`${apex}a NS ns.a\nns.a A 192.0.2.1\nb NS ns.b\nns.b AAAA 2001:db8::1\nc NS ns.test.`],
  [
    `${apex}@ NS ns`,
    'ns-without-address 4:3 example. NS leads to ns.example., which has no A or AAAA record in the zone',
  ],
  // ---- RFC 4592 ----
  [
    `${apex}* A 192.0.2.1\n@ NS ns\n*.a MX 1 ns.test.\n*.a CNAME b.test.`,
    'cname-and-other-data 7:5 *.a.example. has a CNAME record, and MX at z:6',
  ],
  [
    `${apex}* A 192.0.2.1\n@ NS ns\nns TXT x`,
    'ns-without-address 5:3 example. NS leads to ns.example., which has no A or AAAA record in the zone',
  ],
  [
    `${apex}* A 192.0.2.1\nb TXT x\n@ NS ns.b`,
    'ns-without-address 6:3 example. NS leads to ns.b.example., which has no A or AAAA record in the zone',
  ],
]

test.each(cases)('%j', (text, ...findings) => {
  expect(find(text)).toEqual(findings)
})

test('every rule is broken above, but that of the size, which is below', () => {
  const broken = cases.flatMap(([, ...findings]) =>
    findings.map((finding) => finding.split(' ')[0]),
  )
  const rules = [...errorRules, ...warningRules].filter((rule) => rule !== 'zone-too-large')
  expect(new Set(broken)).toEqual(new Set<string>(rules))
})

test('the root is a zone as well', () => {
  expect(
    find('$TTL 60\n@ SOA ns box 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\na NS b\n* A 192.0.2.1', '.'),
  ).toEqual([])
})

test('the apex is the owner of the SOA record where no other is given', () => {
  const text = `a.test. 60 A 192.0.2.1\ntest. 60 SOA . . 1 2 3 4 5\ntest. 60 NS ns.example.\n`
  const { findings, serial } = checkZoneFile(textSource(text), {})
  expect(findings).toEqual({
    apex: 'test.',
    errors: [],
    warnings: [],
    errorCount: 0,
    warningCount: 0,
  })
  expect(serial).toBe(1)
})

test('a zone without any record has no apex', () => {
  const { findings } = checkZoneFile(textSource(''), {})
  const message = 'the zone has no SOA record, one is wanted'
  expect(findings?.errors).toEqual([{ rule: 'soa-missing', place: undefined, message }])
})

test('where a record could not be read the rules are left alone', () => {
  const report = checkZoneFile(textSource('@ 60 A x\n'), { origin: 'example.' })
  expect(report).toMatchObject({ records: 0, types: [], findings: undefined })
  expect(report.mistakes).toHaveLength(1)
})

test('of many findings the first by their places are kept, and all are counted', () => {
  const check = new ZoneCheck('example.')
  const { records } = readText('a 60 CNAME b.test.\na 60 A 192.0.2.1\n')
  const [cname, address] = records
  for (let line = 100; line > 0; line--) {
    const owner = `${line}.example.`
    for (const record of [cname, address]) {
      if (record !== undefined) check.add({ ...record, owner }, { file: 'z', line, column: 1 })
    }
  }
  const { errors, errorCount } = check.finish()
  // Two more say that SOA and NS are missing.
  expect(errorCount).toBe(102)
  expect(errors).toHaveLength(FINDINGS_MAX)
  const lines = errors.flatMap(({ rule, place }) =>
    rule === 'cname-and-other-data' ? [place?.line] : [],
  )
  expect(lines).toEqual(Array.from({ length: 18 }, (_, i) => i + 1))
})

test('a zone has at most so many records', () => {
  const check = new ZoneCheck('example.', { recordsMax: 3 })
  const { records } = readText(
    '$TTL 60\n@ SOA ns box 7 2 3 4 5\n@ NS ns.test.\n$GENERATE 1-3 a$ NS ns.test.\n',
  )
  for (const [i, record] of records.entries()) {
    check.add(record, { file: 'z', line: i + 1, column: 1 })
  }
  const place = { file: 'z', line: 4, column: 1 }
  const message = 'the zone has more than 3 records'
  const { errors, errorCount } = check.finish()
  expect({ errors, errorCount }).toEqual({
    errors: [{ rule: 'zone-too-large', place, message }],
    errorCount: 1,
  })
})

test('records are counted by type', () => {
  const { records, types } = checkZoneFile(
    textSource(`${apex}a TYPE65280 \\# 0\nb A 192.0.2.1\nc A 192.0.2.1\n`),
    {
      origin: 'example.',
    },
  )
  expect(records).toBe(5)
  expect(types).toEqual([
    { type: 'A', records: 2 },
    { type: 'NS', records: 1 },
    { type: 'SOA', records: 1 },
    { type: 'TYPE65280', records: 1 },
  ])
})

test('a good item says where it stands for each record of a $GENERATE', () => {
  const items = [
    ...readZoneFile(textSource('$GENERATE 1-2 a$ 60 A 192.0.2.$'), { origin: 'example.' }),
  ]
  const place = { file: 'z', line: 1, column: 21 }
  expect(items).toMatchObject([{ place }, { place }])
})
