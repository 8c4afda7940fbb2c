import { describe, expect, test } from 'vitest'
import { TYPE_SVCB } from '../dns/codes.ts'
import { checkRdata, formatRdata, parseRdata } from './rdata.ts'

const foo = '03666f6f076578616d706c6503636f6d00'
const fooOrg = '03666f6f076578616d706c65036f726700'

function toHex(text: string): string {
  const parsed = parseRdata(TYPE_SVCB, text)
  if (!parsed.ok) throw new TypeError(`${parsed.fault.found} ${parsed.fault.wanted}`)
  return Buffer.from(parsed.rdata).toString('hex')
}

const reasonFor = (text: string): string => {
  const parsed = parseRdata(TYPE_SVCB, text)
  return parsed.ok ? 'none' : `${parsed.fault.found} ${parsed.fault.wanted}`
}

describe('RFC 9460 Appendix D: vectors', () => {
  test.each([
    ['D.1 AliasMode', '0 foo.example.com.', `0000${foo}`, '0 foo.example.com.'],
    ['D.2 the owner as target', '1 .', '000100', '1 .'],
    [
      'D.2 a port',
      '16 foo.example.com. port=53',
      `0010${foo}000300020035`,
      '16 foo.example.com. port=53',
    ],
    [
      'D.2 a generic key',
      '1 foo.example.com. key667=hello',
      `0001${foo}029b000568656c6c6f`,
      '1 foo.example.com. key667="hello"',
    ],
    [
      'D.2 a generic key, quoted, with an escape',
      '1 foo.example.com. key667="hello\\210qoo"',
      `0001${foo}029b000968656c6c6fd2716f6f`,
      '1 foo.example.com. key667="hello\\210qoo"',
    ],
    [
      'D.2 two quoted IPv6 hints',
      '1 foo.example.com. ( ipv6hint="2001:db8::1,2001:db8::53:1" )',
      `0001${foo}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
      '1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1',
    ],
    [
      'D.2 an IPv6 hint with an IPv4 address in it',
      '1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
      '0001076578616d706c6503636f6d000006001020010db80122034400000000c0000221',
      '1 example.com. ipv6hint=2001:db8:122:344::c000:221',
    ],
    [
      'D.2 keys in another order, mandatory too',
      '16 foo.example.org. (alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1)',
      `0010${fooOrg}0000000400010004000100090268320568332d313900040004c0000201`,
      '16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
    ],
    [
      'D.2 an alpn with a comma and a backslash, quoted',
      '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
      `0010${fooOrg}0001000c08665c6f6f2c626172026832`,
      '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    ],
    [
      'D.2 an alpn with a comma and a backslash, unquoted',
      '16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2',
      `0010${fooOrg}0001000c08665c6f6f2c626172026832`,
      '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    ],
  ])('%s', (_what, text, hex, canonical) => {
    expect(toHex(text)).toBe(hex)
    expect(formatRdata(TYPE_SVCB, Buffer.from(hex, 'hex'))).toBe(canonical)
    expect(toHex(canonical)).toBe(hex)
  })

  test.each([
    [
      'a key twice',
      '1 foo.example.com. (key123=abc key123=def)',
      'key123=def has a key that stands before it already',
    ],
    [
      'no value',
      '1 foo.example.com. mandatory',
      'mandatory is not mandatory a list of keys, each one once and not mandatory itself',
    ],
    [
      'no value',
      '1 foo.example.com. alpn',
      'alpn is not alpn a list of ids of protocols, each of 1 to 255 octets',
    ],
    ['no value', '1 foo.example.com. port', 'port is not port a port in 0..65535'],
    [
      'no value',
      '1 foo.example.com. ipv4hint',
      'ipv4hint is not ipv4hint a list of IPv4 addresses',
    ],
    [
      'no value',
      '1 foo.example.com. ipv6hint',
      'ipv6hint is not ipv6hint a list of IPv6 addresses',
    ],
    [
      'a value',
      '1 foo.example.com. no-default-alpn=abc',
      'no-default-alpn=abc is not no-default-alpn without a value',
    ],
    [
      'mandatory, but missing',
      '1 foo.example.com. mandatory=key123',
      'SVCB has key123 in mandatory, but not itself',
    ],
    [
      'mandatory in itself',
      '1 foo.example.com. mandatory=mandatory',
      'mandatory=mandatory is not mandatory a list of keys, each one once and not mandatory itself',
    ],
    [
      'a mandatory key twice',
      '1 foo.example.com. (mandatory=key123,key123 key123=abc)',
      'mandatory=key123,key123 is not mandatory a list of keys, each one once and not mandatory itself',
    ],
  ])('D.3 refuses %s: %s', (_what, text, reason) => {
    expect(reasonFor(text)).toBe(reason)
  })
})

test.each([
  // RFC 9460 §2.1: the value in the form keyNNNNN is that of the wire format
  ['1 . key3="\\000\\053"', '1 . port=53'],
  ['1 . key1=\\002h2', '1 . alpn="h2"'],
  ['1 . key65534', '1 . key65534'],
  ['1 . port="53"', '1 . port=53'],
  ['1 . ech="AAH/" ohttp', '1 . ech=AAH/ ohttp'],
  ['1 . alpn=h2 no-default-alpn', '1 . alpn="h2" no-default-alpn'],
  // RFC 9461 §5
  [
    '1 dns.example. alpn=h2 dohpath=/dns-query{?dns}',
    '1 dns.example. alpn="h2" dohpath="/dns-query{?dns}"',
  ],
])('%s is %s', (text, canonical) => {
  expect(formatRdata(TYPE_SVCB, Buffer.from(toHex(text), 'hex'))).toBe(canonical)
})

test.each([
  ['1 . key65535=a', 'is not a parameter that is known'],
  ['1 . key03=a', 'is not a parameter that is known'],
  ['1 . ALPN=h2', 'is not a parameter that is known'],
  ['1 . "alpn=h2"', 'is not a parameter such as'],
  ['1 . alpn="h2"port=53', 'is not a parameter such as'],
  ['1 . alpn=h2,,h3', 'is not alpn'],
  ['1 . alpn=a\\\\b', 'is not alpn'],
  ['1 . port=65536', 'is not port'],
  ['1 . ech=AB', 'is not ech'],
  ['1 . ech=AAH', 'is not ech'],
  ['1 . dohpath=dns', 'is not dohpath'],
  ['1 . ohttp=1', 'is not ohttp'],
  ['1 . no-default-alpn', 'SVCB has no-default-alpn, but no alpn'],
  ['1 . key3=a', 'is not port'],
  ['65536 .', 'is not a priority'],
])('%s: %s', (text, reason) => {
  expect(reasonFor(text)).toContain(reason)
})

test.each([
  ['keys out of order', '00010000030002003500010003026832'],
  ['a key twice', '000100000300020035000300020036'],
  ['a value that is cut', '0001000003000200'],
  ['a port of one octet', '0001000003000135'],
  ['an empty alpn', '00010000010000'],
  ['an id of no octets', '0001000001000100'],
  ['an address that is cut', '000100000400030a0000'],
  ['the reserved key', '000100ffff0000'],
  ['half a key', '00010000'],
])('wire form is refused: %s', (_what, hex) => {
  expect(checkRdata(TYPE_SVCB, Buffer.from(hex, 'hex'))).toContain('not well-formed')
})
