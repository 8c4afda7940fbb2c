import { expect, it } from 'vitest'
import { toName } from './name.ts'
import { svcbText, svcbToWire } from './svcb.ts'
import type { SvcbRdata } from './svcb.ts'

const plain: SvcbRdata = { priority: 1, target: '.', alpn: [], ipv4hint: [], ipv6hint: [] }
const foo = '03666f6f076578616d706c6503636f6d00'

it.each<[string, Partial<SvcbRdata>, string]>([
  ['D.1, AliasMode', { priority: 0, target: 'foo.example.com.' }, `0000${foo}`],
  ['D.2, TargetName is the root', {}, '000100'],
  ['D.2, a port', { priority: 16, target: 'foo.example.com.', port: 53 }, `0010${foo}000300020035`],
  [
    'D.2, two IPv6 hints',
    { target: 'foo.example.com.', ipv6hint: ['2001:db8::1', '2001:db8::53:1'] },
    `0001${foo}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
  ],
  [
    'D.2, an IPv6 hint with an IPv4 part',
    { target: 'example.com.', ipv6hint: ['2001:db8:122:344::192.0.2.33'] },
    '0001076578616d706c6503636f6d000006001020010db80122034400000000c0000221',
  ],
  [
    'D.2, ids with a backslash and a comma',
    { priority: 16, target: 'foo.example.org.', alpn: ['f\\oo,bar', 'h2'] },
    '001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832',
  ],
  [
    'keys ascend',
    {
      alpn: ['h2', 'h3'],
      port: 8443,
      ipv4hint: ['192.0.2.1', '192.0.2.2'],
      ipv6hint: ['2001:db8::1'],
    },
    '000100' +
      '00010006026832026833' +
      '0003000220fb' +
      '00040008c0000201c0000202' +
      '0006001020010db8000000000000000000000001',
  ],
])('RFC 9460 %s', (_what, rdata, wanted) => {
  expect(svcbToWire({ ...plain, ...rdata }).toString('hex')).toBe(wanted)
})

it('is shown as in a zone file', () => {
  const hints = { ipv4hint: ['192.0.2.1', '192.0.2.2'], ipv6hint: ['2001:db8::1'] }
  const full = { ...plain, alpn: ['h2', 'h3'], port: 8443, ...hints }
  expect(svcbText(full)).toBe(
    '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
  )
  expect(svcbText({ ...plain, priority: 2, target: toName('www.example.org') })).toBe(
    '2 www.example.org.',
  )
})

it.each<[string, Partial<SvcbRdata>]>([
  ['a priority of 17 bits', { priority: 65_536 }],
  ['an empty id', { alpn: [''] }],
  ['an id of 256 octets', { alpn: ['x'.repeat(256)] }],
  ['an IPv6 address as an IPv4 hint', { ipv4hint: ['2001:db8::1'] }],
  ['an IPv4 address as an IPv6 hint', { ipv6hint: ['192.0.2.1'] }],
  ['a zone id', { ipv6hint: ['fe80::1%eth0'] }],
])('%s does not fit', (_what, rdata) => {
  expect(() => svcbToWire({ ...plain, ...rdata })).toThrow(RangeError)
})
