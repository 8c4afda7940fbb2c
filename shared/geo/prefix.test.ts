import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePrefix, prefixText } from './prefix.ts'

const good: readonly [string, string, readonly number[], number][] = [
  ['192.0.2.0/24', '192.0.2.0/24', [0xc000_0200], 24],
  ['0.0.0.0/0', '0.0.0.0/0', [0], 0],
  ['128.0.0.0/1', '128.0.0.0/1', [0x8000_0000], 1],
  ['255.255.255.255/32', '255.255.255.255/32', [0xffff_ffff], 32],
  ['::/0', '::/0', [0, 0, 0, 0], 0],
  ['2001:db8::/32', '2001:db8::/32', [0x2001_0db8, 0, 0, 0], 32],
  ['2001:0DB8:0:0:1:0:0:0/80', '2001:db8:0:0:1::/80', [0x2001_0db8, 0, 0x0001_0000, 0], 80],
  ['2001:db8::1/128', '2001:db8::1/128', [0x2001_0db8, 0, 0, 1], 128],
  ['2001:db8:8000::/33', '2001:db8:8000::/33', [0x2001_0db8, 0x8000_0000, 0, 0], 33],
  // Wide enough to hold more than IPv4 within IPv6.
  ['::fffe:0:0/95', '::fffe:0:0/95', [0, 0, 0xfffe, 0], 95],
  ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:200/120', [0x0064_ff9b, 0, 0, 0xc000_0200], 120],
]

test.each(good)('%s is read, and written as %s', (text, canonical, words, bits) => {
  const parsed = parsePrefix(text)
  expect(parsed).toEqual({ ok: true, prefix: { family: words.length === 1 ? 4 : 6, words, bits } })
  expect(parsed.ok && prefixText(parsed.prefix)).toBe(canonical)
})

const WANTED = 'a prefix such as 192.0.2.0/24 or 2001:db8::/32 is wanted'

const bad: readonly [string, string][] = [
  ['', `is not a prefix; ${WANTED}`],
  ['/24', `is not a prefix; ${WANTED}`],
  ['video.example/24', `is not a prefix; ${WANTED}`],
  ['192.0.2/24', `is not a prefix; ${WANTED}`],
  ['0300.0.2.0/24', `is not a prefix; ${WANTED}`],
  ['0xc0.0.2.0/24', `is not a prefix; ${WANTED}`],
  ['192.0.2.256/32', `is not a prefix; ${WANTED}`],
  ['2001:db8::%eth0/64', `is not a prefix; ${WANTED}`],
  ['2001:db8:::/64', `is not a prefix; ${WANTED}`],
  [`${'2001:db8::'.padEnd(62, '0')}/32`, `is 65 characters long, at most 64; ${WANTED}`],
  ['192.0.2.1', 'has no length; 192.0.2.1/32 is that one address'],
  ['2001:db8::1', 'has no length; 2001:db8::1/128 is that one address'],
  ['192.0.2.0/', 'has the length "", 0 to 32 is wanted'],
  ['192.0.2.0/33', 'has the length "33", 0 to 32 is wanted'],
  ['192.0.2.0/-1', 'has the length "-1", 0 to 32 is wanted'],
  ['192.0.2.0/024', 'has the length "024", 0 to 32 is wanted'],
  ['192.0.2.0/24/8', 'has the length "24/8", 0 to 32 is wanted'],
  ['192.0.2.0/ 24', 'has the length " 24", 0 to 32 is wanted'],
  ['192.0.2.0/255.255.255.0', 'has the length "255.255.255.0", 0 to 32 is wanted'],
  ['2001:db8::/129', 'has the length "129", 0 to 128 is wanted'],
  ['192.0.2.1/24', 'has host bits, 192.0.2.0/24 is meant'],
  ['192.0.2.1/0', 'has host bits, 0.0.0.0/0 is meant'],
  ['2001:db8::1/64', 'has host bits, 2001:db8::/64 is meant'],
  ['2001:db8:c000::/33', 'has host bits, 2001:db8:8000::/33 is meant'],
  ['::ffff:0:0/96', 'is IPv4 within IPv6, 0.0.0.0/0 is meant'],
  ['::ffff:192.0.2.0/120', 'is IPv4 within IPv6, 192.0.2.0/24 is meant'],
  ['::ffff:c000:201/128', 'is IPv4 within IPv6, 192.0.2.1/32 is meant'],
]

test.each(bad)('%j is refused: %s', (text, reason) => {
  expect(parsePrefix(text)).toEqual({ ok: false, reason })
})

/** Any address with any length, the host bits of which may be set. */
const anyAddress = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
)

test('the prefix that is meant is a good one, and its text is canonical', () => {
  fc.assert(
    fc.property(anyAddress, ([address, bits]) => {
      const text = `${address}/${bits}`
      const parsed = parsePrefix(text)
      const meant = parsed.ok ? text : /, (\S+) is meant$/.exec(parsed.reason)?.[1]
      const again = parsePrefix(meant ?? '')
      // What has host bits may turn out to be IPv4 within IPv6 without them.
      const last = again.ok ? again : parsePrefix(/, (\S+) is meant$/.exec(again.reason)?.[1] ?? '')
      if (!last.ok) throw new Error(`${text}: ${last.reason}`)
      const canonical = prefixText(last.prefix)
      expect(parsePrefix(canonical)).toEqual(last)
      expect(canonical).toBe(`${asBrowsersWriteIt(canonical)}/${last.prefix.bits}`)
    }),
  )
})

/** The WHATWG's rules for hosts of URLs are those of RFC 5952 §4. */
function asBrowsersWriteIt(prefix: string): string {
  const address = prefix.split('/')[0] ?? ''
  const host = address.includes(':') ? `[${address}]` : address
  return new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '')
}

test('an IPv6 address is read as others read it, in any form', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const parsed = parsePrefix(`${address}/128`)
      if (!parsed.ok) return expect(parsed.reason).toMatch(/^is IPv4 within IPv6, /)
      expect(prefixText(parsed.prefix)).toBe(`${asBrowsersWriteIt(address)}/128`)
    }),
  )
})
