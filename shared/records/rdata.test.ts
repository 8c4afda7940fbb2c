import { describe, expect, test } from 'vitest'
import { toName } from '../dns/name.ts'
import {
  checkRdata,
  formatGeneric,
  formatRdata,
  parseRdata,
  rdataFromMessage,
  rdataKey,
  rdataNames,
} from './rdata.ts'
import { parseRecordType } from './types.ts'

const origin = toName('example')

function typeOf(mnemonic: string): number {
  const type = parseRecordType(mnemonic)
  if (type === undefined) throw new TypeError(`${mnemonic} is no type`)
  return type
}

function read(mnemonic: string, text: string): Buffer {
  const parsed = parseRdata(typeOf(mnemonic), text, origin)
  if (!parsed.ok) throw new TypeError(parsed.fault.wanted)
  return Buffer.from(parsed.rdata)
}

const sha256 = 'AB'.repeat(32)
/** mail.example. */
const mail = '046D61696C076578616D706C6500'

describe('text becomes wire form, and that becomes canonical text', () => {
  test.each([
    ['A', '192.0.2.1', 'C0000201', '192.0.2.1'],
    ['AAAA', '2001:DB8:0:0::1', '20010DB8000000000000000000000001', '2001:db8::1'],
    ['AAAA', '2001:db8::192.0.2.1', '20010DB80000000000000000C0000201', '2001:db8::c000:201'],
    ['NS', 'mail', mail, 'mail.example.'],
    ['NS', '@', '076578616D706C6500', 'example.'],
    ['CNAME', '.', '00', '.'],
    // RFC 4343 §4.1: case is kept
    ['PTR', 'MAIL.Example.', '044D41494C074578616D706C6500', 'MAIL.Example.'],
    ['DNAME', 'a\\.B\\065.example.', '04612E4241076578616D706C6500', 'a\\046BA.example.'],
    ['PTR', 'a\\ b\\255\\".', '05612062FF2200', 'a\\032b\\255\\034.'],
    [
      'SOA',
      'mail mail 4294967295 2h 15m 2W 1h30m',
      `${mail}${mail}FFFFFFFF00001C20000003840012750000001518`,
      'mail.example. mail.example. 4294967295 7200 900 1209600 5400',
    ],
    ['MX', '10 mail', `000A${mail}`, '10 mail.example.'],
    ['MX', '0 .', '000000', '0 .'],
    ['TXT', 'a "b c" "" \\"\\;\\200', '0161036220630003223BC8', '"a" "b c" "" "\\";\\200"'],
    ['TXT', '"\u00e9"', '02C3A9', '"\\195\\169"'],
    ['HINFO', 'PC "a b"', '02504303612062', '"PC" "a b"'],
    ['SRV', '1 2 65535 mail', `00010002FFFF${mail}`, '1 2 65535 mail.example.'],
    [
      'NAPTR',
      '100 50 s SIP+D2U "!^.*$!\\\\1!" mail',
      `006400320173075349502B44325509215E2E2A24215C3121${mail}`,
      '100 50 "s" "SIP+D2U" "!^.*$!\\\\1!" mail.example.',
    ],
    ['DS', `1 ECDSAP256SHA256 2 ${sha256}`, `00010D02${sha256}`, `1 13 2 ${sha256}`],
    ['SSHFP', `4 2 ${sha256.toLowerCase()}`, `0402${sha256}`, `4 2 ${sha256}`],
    ['TLSA', `3 1 1 ABAB ${sha256.slice(4)}`, `030101${sha256}`, `3 1 1 ${sha256}`],
    [
      'CAA',
      '128 issueWild "ca.test; a=b"',
      '8009697373756557696C6463612E746573743B20613D62',
      '128 issueWild "ca.test; a=b"',
    ],
    ['CAA', '0 issue ""', '00056973737565', '0 issue ""'],
    // RFC 3597 §5
    ['TYPE65280', '\\# 4 0A00 0001', '0A000001', '\\# 4 0A000001'],
    ['TYPE65280', '\\# 0', '', '\\# 0'],
    ['A', '\\# 4 c0000201', 'C0000201', '192.0.2.1'],
    ['TYPE1', '192.0.2.1', 'C0000201', '192.0.2.1'],
    ['TXT', '"\\\\#" 1', '025C230131', '"\\\\#" "1"'],
  ])('%s %s', (mnemonic, text, hex, canonical) => {
    const rdata = read(mnemonic, text)
    expect(rdata.toString('hex').toUpperCase()).toBe(hex)
    expect(formatRdata(typeOf(mnemonic), rdata)).toBe(canonical)
    expect(read(mnemonic, canonical)).toEqual(rdata)
    expect(checkRdata(typeOf(mnemonic), rdata)).toBe(undefined)
  })
})

describe('what is wrong is named, with its column', () => {
  const long = 'a'.repeat(256)
  test.each([
    ['A', '192.0.2', 1, '192.0.2', 'is not an IPv4 address such as 192.0.2.1'],
    ['A', '192.0.2.01', 1, '192.0.2.01', 'is not an IPv4 address such as 192.0.2.1'],
    ['A', '', 1, 'A', 'ends where an IPv4 address is wanted'],
    ['A', '192.0.2.1 x', 11, 'x', 'is more than A has'],
    ['AAAA', 'fe80::1%lo', 1, 'fe80::1%lo', 'is not an IPv6 address such as 2001:db8::1'],
    ['MX', '65536 mail', 1, '65536', 'is not a preference, a number in 0..65535'],
    ['MX', '-1 mail', 1, '-1', 'is not a preference, a number in 0..65535'],
    ['MX', '10', 3, 'MX', 'ends where a mail exchange, a domain name, is wanted'],
    [
      'MX',
      '10 "mail"',
      4,
      'mail',
      'is quoted: a mail exchange, a domain name, stands without quotes',
    ],
    ['MX', '10 a..b', 4, 'a..b', 'has an empty label'],
    ['MX', `10 ${long}`, 4, long, 'has a label of more than 63 octets'],
    ['TXT', long, 1, long, 'is a string of 256 octets, at most 255'],
    [
      'TXT',
      'a\\256',
      1,
      'a\\256',
      'has an escape that is neither \\000 to \\255 nor \\ and a character',
    ],
    [
      'TXT',
      'a\\1',
      1,
      'a\\1',
      'has an escape that is neither \\000 to \\255 nor \\ and a character',
    ],
    ['TXT', '', 1, 'TXT', 'ends where a text, a string, is wanted'],
    ['TXT', '"a', 1, '"', 'is never closed on its line'],
    ['TXT', 'a\\', 2, '\\', 'ends the line, and escapes nothing'],
    ['TXT', '(a', 1, '(', 'is never closed'],
    ['TXT', 'a)', 2, ')', 'has no ( before it'],
    [
      'SOA',
      'a b 1 1 1 1 4294967296',
      13,
      '4294967296',
      'is not a minimum, a time of at most 4294967295 s such as 3600 or 1h30m',
    ],
    ['SOA', 'a b 1h 1 1 1 1', 5, '1h', 'is not a serial, a number in 0..4294967295'],
    ['NAPTR', '1 1 "a b" x y .', 5, 'a b', 'is not flags, letters and digits'],
    ['CAA', '0 a-b x', 3, 'a-b', 'is not a tag, letters and digits'],
    [
      'TLSA',
      '3 1 1 abc',
      7,
      'abc',
      'ends a certificate association after 3 digits, an even number is wanted',
    ],
    ['TLSA', '3 1 1 ab', 1, 'TLSA', 'has a digest of 1 octets, type 1 has 32'],
    ['DS', '1 RSA 2 ab', 3, 'RSA', 'is not an algorithm, a number in 0..255'],
    [
      'TYPE65280',
      '1.2',
      1,
      '1.2',
      'is not \\# (RFC 3597 §5), which TYPE65280 wants: its own form is not known',
    ],
    [
      'TYPE65280',
      '\\# 2 ab',
      4,
      '2',
      'is not the length: 2 hexadecimal digits follow, 4 are wanted',
    ],
    ['TYPE65280', '\\# 70000', 4, '70000', 'is not a length in 0..65535'],
    ['TYPE65280', '\\# 1 xy', 6, 'xy', 'is not hexadecimal'],
    ['A', '\\# 3 c00002', 1, 'A', 'has 3 octets of data that are not well-formed'],
    // RFC 1035 §4.1.4: no pointer outside of a message
    ['NS', '\\# 2 c00c', 1, 'NS', 'has 2 octets of data that are not well-formed'],
  ])('%s %s', (mnemonic, text, column, found, wanted) => {
    expect(parseRdata(typeOf(mnemonic), text, origin)).toEqual({
      ok: false,
      fault: {
        line: 1,
        column,
        found,
        wanted,
      },
    })
  })

  test('a relative name without an origin', () => {
    const wanted = 'is relative, and there is no origin: an absolute name or $ORIGIN is wanted'
    const fault = { line: 1, column: 1, found: 'mail', wanted }
    expect(parseRdata(typeOf('NS'), 'mail')).toEqual({ ok: false, fault })
  })

  test('more than 65,535 octets', () => {
    const text = `"${'a'.repeat(255)}" `.repeat(256)
    expect(parseRdata(typeOf('TXT'), `${text}"${'a'.repeat(254)}"`)).toMatchObject({
      fault: { found: 'TXT', wanted: 'has more than 65535 octets of data' },
    })
    expect(read('TXT', `${text.slice(0, 255 * 258)} "${'a'.repeat(254)}"`)).toHaveLength(65_535)
  })
})

test('text is relative to an origin when that is given', () => {
  expect(formatRdata(typeOf('MX'), read('MX', '10 Mail.example.'), origin)).toBe('10 Mail')
  expect(formatRdata(typeOf('MX'), read('MX', '10 Mail.EXAMPLE.'), origin)).toBe('10 Mail.EXAMPLE.')
  expect(formatRdata(typeOf('MX'), read('MX', '10 example.'), origin)).toBe('10 @')
  expect(formatRdata(typeOf('MX'), read('MX', '10 counterexample.'), origin)).toBe(
    '10 counterexample.',
  )
  expect(formatRdata(typeOf('MX'), read('MX', '10 a.example.'), '.')).toBe('10 a.example')
})

describe('names in rdata', () => {
  test.each([
    // RFC 3597 §4: only the types of RFC 1035
    [
      'SOA',
      'a. b. 1 2 3 4 5',
      [
        [0, true],
        [3, true],
      ],
    ],
    ['MX', '10 mail', [[2, true]]],
    ['SRV', '1 2 3 mail', [[6, false]]],
    ['NAPTR', '1 2 "" "" "" mail', [[7, false]]],
    ['DNAME', 'mail', [[0, false]]],
    ['SVCB', '1 mail port=1', [[2, false]]],
    ['TXT', 'mail', []],
    ['TYPE65280', '\\# 1 00', []],
  ])('%s %s', (mnemonic, text, places) => {
    const names = rdataNames(typeOf(mnemonic), read(mnemonic, text))
    expect(names.map(({ at, mayCompress }) => [at, mayCompress])).toEqual(places)
  })

  test('compare without case (RFC 4343 §3), other octets with it', () => {
    const key = (mnemonic: string, text: string) => rdataKey(typeOf(mnemonic), read(mnemonic, text))
    expect(key('MX', '10 MAIL.example.')).toBe(key('MX', '10 mail.EXAMPLE.'))
    expect(key('TXT', 'MAIL')).not.toBe(key('TXT', 'mail'))
    // 16961 is "BA": no letter of a name
    expect(key('MX', '16961 mail')).not.toBe(key('MX', '25185 mail'))
  })
})

describe('rdata of a message', () => {
  /** Twelve octets of header, then `Example.` at 12 and `mail.` with a pointer to it at 21. */
  const head = Buffer.concat([
    Buffer.alloc(12),
    Buffer.from('\u0007Example\u0000\u0004Mail\u00c0\u000c', 'latin1'),
  ])
  const take = (mnemonic: string, rdata: Buffer, cut = 0) => {
    const message = Buffer.concat([head, rdata, Buffer.from('behind')])
    const start = head.length
    const end = start + rdata.length - cut
    const taken = rdataFromMessage(message, { type: typeOf(mnemonic), start, end })
    return taken === undefined ? undefined : formatRdata(typeOf(mnemonic), taken)
  }
  const pointer = Buffer.from([0xc0, 21])
  const number = Buffer.from([0, 10])

  test('its names are uncompressed, and keep their case', () => {
    expect(take('MX', Buffer.concat([number, pointer]))).toBe('10 Mail.Example.')
    expect(take('SRV', Buffer.concat([number, number, number, pointer]))).toBe(
      '10 10 10 Mail.Example.',
    )
    expect(take('SOA', Buffer.concat([pointer, pointer, Buffer.alloc(20)]))).toBe(
      'Mail.Example. Mail.Example. 0 0 0 0 0',
    )
    expect(take('TYPE65280', pointer)).toBe('\\# 2 C015')
    expect(take('TXT', Buffer.from('\u0001a'))).toBe('"a"')
  })

  test.each([
    ['a pointer where none may be (RFC 6672 §2.5)', 'DNAME', pointer, 0],
    ['a pointer where none may be (RFC 9460 §2.2)', 'SVCB', Buffer.concat([number, pointer]), 0],
    ['a pointer to itself', 'NS', Buffer.from([0xc0, 28]), 0],
    ['a name that goes on behind the end', 'NS', Buffer.from('\u0004mail\u0000'), 2],
    ['octets behind the name', 'NS', Buffer.from([0xc0, 21, 0]), 0],
    ['too few octets', 'A', Buffer.from([192, 0, 2]), 0],
    ['a string that goes on behind the end', 'TXT', Buffer.from([3, 65]), 0],
    ['no string', 'TXT', Buffer.alloc(0), 0],
  ])('is undefined for %s', (_what, mnemonic, rdata, cut) => {
    expect(take(mnemonic, rdata, cut)).toBe(undefined)
  })
})

test('any rdata can be shown by RFC 3597 §5', () => {
  expect(formatGeneric(read('A', '192.0.2.1'))).toBe('\\# 4 C0000201')
})
