import * as fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it, test } from 'vitest'
import { formatSocketAddress, parseSocketAddress, socketAddressSchema } from './socket-address.ts'

describe('an address with a port is read', () => {
  it.each([
    ['127.0.0.1:5301', '127.0.0.1', 5301],
    ['0.0.0.0:53', '0.0.0.0', 53],
    ['192.0.2.255:0', '192.0.2.255', 0],
    ['[::1]:53', '::1', 53],
    ['[::]:65535', '::', 65_535],
    ['[2001:DB8:0:0:0:0:0:1]:53', '2001:db8::1', 53],
  ])('%s', (text, address, port) => {
    expect(parseSocketAddress(text)).toEqual({ ok: true, value: { address, port } })
  })
})

describe('anything else is refused with the value and what is wanted', () => {
  it.each([
    ['', 'is not of the form address:port'],
    ['192.0.2.1', 'is not of the form address:port'],
    ['192.0.2.1:', 'is not of the form address:port'],
    ['192.0.2.1:dns', 'is not of the form address:port'],
    ['192.0.2.1:-1', 'is not of the form address:port'],
    ['192.0.2.1:99999', 'has the port 99999, 0 to 65535 is wanted'],
    ['192.0.2:53', 'has "192.0.2" where an IPv4 address is wanted'],
    ['192.0.2.01:53', 'has "192.0.2.01" where an IPv4 address is wanted'],
    ['ns1.example:53', 'has "ns1.example" where an IPv4 address is wanted'],
    ['2001:db8::1:53', 'is not of the form address:port'],
    ['[2001:db8::1]', 'is not of the form address:port'],
    ['[192.0.2.1]:53', 'has "192.0.2.1" where an IPv6 address'],
    ['[fe80::1%lo]:53', 'has "fe80::1%lo" where an IPv6 address without a zone is wanted'],
    ['[::ffff:192.0.2.1]:53', '192.0.2.1 is wanted'],
    [`${'1'.repeat(100)}:53`, 'is 103 characters long'],
  ])('%s', (text, reason) => {
    const parsed = parseSocketAddress(text)
    expect(parsed.ok ? 'no reason' : parsed.reason).toContain(reason)
  })
})

test('what is formatted is read back the same', () => {
  const port = fc.integer({ min: 0, max: 65_535 })
  const ipv6 = fc.ipV6().filter((text) => !ipaddr.IPv6.parse(text).isIPv4MappedAddress())
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), ipv6), port, (text, port) => {
      const address = ipaddr.parse(text)
      const canonical = address instanceof ipaddr.IPv6 ? address.toRFC5952String() : text
      expect(parseSocketAddress(formatSocketAddress({ address: text, port }))).toEqual({
        ok: true,
        value: { address: canonical, port },
      })
    }),
  )
})

test('the schema gives the reason as its issue', () => {
  expect(socketAddressSchema.parse('[::1]:53')).toEqual({ address: '::1', port: 53 })
  const issues = socketAddressSchema.safeParse('192.0.2.1:70000').error?.issues
  expect(issues?.map((issue) => issue.message)).toEqual([
    'has the port 70000, 0 to 65535 is wanted',
  ])
})
