import dnsPacket from 'dns-packet'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TYPE_HTTPS, TYPE_SVCB } from '../dns/codes.ts'
import { nameFromWire } from '../dns/name.ts'
import { checkRdata, formatRdata, parseRdata, rdataFromMessage, rdataNames } from './rdata.ts'
import { anyRecord, recordTypes } from './records.fixture.ts'
import { formatRecordType, mnemonics, TYPE_LOC } from './types.ts'

test('every type that is known is made here', () => {
  expect(mnemonics.filter((it) => !recordTypes.map(formatRecordType).includes(it))).toEqual([])
})

test.each(recordTypes.map((type) => [formatRecordType(type), type] as const))(
  '%s: rdata becomes text, absolute or relative, and that the same rdata',
  (_mnemonic, type) => {
    fc.assert(
      fc.property(
        anyRecord([type]),
        fc.constantFrom(undefined, 'example.', '.'),
        ({ rdata }, origin) => {
          expect(checkRdata(type, rdata)).toBe(undefined)
          const text = formatRdata(type, rdata, origin)
          // Only what is visible, so that it is the same in any encoding.
          expect(text).toMatch(/^[ -~]+$/)
          expect(parseRdata(type, text, origin)).toEqual({ ok: true, rdata })
          const end = rdata.length
          expect(rdataFromMessage(rdata, { type, start: 0, end })).toEqual(rdata)
          for (const { at } of rdataNames(type, rdata))
            expect(nameFromWire(rdata, at)).toBeDefined()
        },
      ),
      { numRuns: 40 },
    )
  },
)

test('any octets are refused or become text that means them', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...recordTypes),
      fc.uint8Array({ maxLength: 40 }),
      (type, rdata) => {
        const isGood = checkRdata(type, rdata) === undefined
        const text = isGood ? formatRdata(type, rdata) : ''
        expect(isGood ? parseRdata(type, text) : 'refused').toEqual(
          isGood ? { ok: true, rdata } : 'refused',
        )
      },
    ),
    { numRuns: 150 },
  )
})

test('any text is refused or read, and never throws', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '(',
      ')',
      '"',
      '\\',
      '\\#',
      '@',
      ';',
      '1',
      'N',
      'alpn=h2',
      'mandatory=',
      '\\300',
      '255',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...recordTypes),
      fc.array(word, { maxLength: 8 }),
      (type, words) => {
        const parsed = parseRdata(type, words.join(' '), 'example.')
        expect(parsed.ok ? checkRdata(type, parsed.rdata) : undefined).toBe(undefined)
      },
    ),
    { numRuns: 150 },
  )
})

/** Types that `dns-packet` takes apart too; its names have no escapes. */
const packed = [
  ['A', '192.0.2.1', '192.0.2.1'],
  ['AAAA', '2001:db8::1', '2001:db8::1'],
  ['NS', 'ns.Example.', 'ns.Example'],
  ['CNAME', 'a.example.', 'a.example'],
  ['PTR', 'a.example.', 'a.example'],
  ['DNAME', 'a.example.', 'a.example'],
  ['HINFO', '"PC" "any"', { cpu: 'PC', os: 'any' }],
  ['MX', '10 mail.example.', { preference: 10, exchange: 'mail.example' }],
  ['TXT', '"a" "b;c"', [Buffer.from('a'), Buffer.from('b;c')]],
  ['SRV', '1 2 3 a.example.', { priority: 1, weight: 2, port: 3, target: 'a.example' }],
  [
    'SOA',
    'ns.example. box.example. 5 7200 900 1209600 60',
    {
      mname: 'ns.example',
      rname: 'box.example',
      serial: 5,
      refresh: 7200,
      retry: 900,
      expire: 1_209_600,
      minimum: 60,
    },
  ],
  [
    'NAPTR',
    '1 2 "s" "SIP+D2U" "!a!b!" a.example.',
    {
      order: 1,
      preference: 2,
      flags: 's',
      services: 'SIP+D2U',
      regexp: '!a!b!',
      replacement: 'a.example',
    },
  ],
  [
    'DS',
    `7 13 2 ${'AB'.repeat(32)}`,
    { keyTag: 7, algorithm: 13, digestType: 2, digest: Buffer.alloc(32, 0xab) },
  ],
  ['SSHFP', `4 2 ${'AB'.repeat(32)}`, { algorithm: 4, hash: 2, fingerprint: 'AB'.repeat(32) }],
  [
    'TLSA',
    `3 1 1 ${'AB'.repeat(32)}`,
    { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32, 0xab) },
  ],
  [
    'CAA',
    '128 issue "ca.test"',
    { flags: 128, tag: 'issue', value: 'ca.test', issuerCritical: true },
  ],
] as const

test.each(packed)('dns-packet understands %s %s', (mnemonic, text, data) => {
  const type = recordTypes.find((it) => formatRecordType(it) === mnemonic) ?? 0
  const parsed = parseRdata(type, text)
  const rdata = parsed.ok ? parsed.rdata : Buffer.alloc(0)
  const head = Buffer.from([
    0,
    0,
    0x84,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    type >> 8,
    type & 0xff,
    0,
    1,
    0,
    0,
    0,
    0,
  ])
  const length = Buffer.from([rdata.length >> 8, rdata.length & 0xff])
  const message = Buffer.concat([head, length, rdata])
  expect(dnsPacket.decode(message).answers).toMatchObject([{ type: mnemonic, data }])
  expect(formatRdata(type, rdata)).toBe(text)
})

test('dns-packet knows all but three types', () => {
  const known: readonly string[] = packed.map(([mnemonic]) => mnemonic)
  const others = mnemonics.filter((mnemonic) => !known.includes(mnemonic))
  expect(others).toEqual([TYPE_LOC, TYPE_SVCB, TYPE_HTTPS].map(formatRecordType))
})
