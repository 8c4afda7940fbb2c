import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_TXT } from '../../shared/dns/codes.ts'
import { formatRdata, parseRdata } from '../../shared/records/rdata.ts'
import { parseRecordType } from '../../shared/records/types.ts'
import { rdataOf } from './content.ts'

function canonical(mnemonic: string, content: string, priority = 0): string {
  const type = parseRecordType(mnemonic) ?? 0
  const read = parseRdata(type, rdataOf(type, content, priority))
  return read.ok
    ? formatRdata(type, read.rdata)
    : `column ${read.fault.column}: ${read.fault.wanted}`
}

describe('the content of a record becomes data of a zone file', () => {
  it.each([
    ['A', '192.0.2.1', 10, '192.0.2.1'],
    ['AAAA', '2001:DB8::1', 0, '2001:db8::1'],
    ['CNAME', 'www.example', 0, 'www.example.'],
    ['CNAME', 'www.example.', 0, 'www.example.'],
    ['NS', ' ns.example ', 0, 'ns.example.'],
    ['PTR', 'host.example', 0, 'host.example.'],
    ['DNAME', 'example.org', 0, 'example.org.'],
    ['MX', 'mail.example', 10, '10 mail.example.'],
    ['MX', '20 mail.example', 0, '20 mail.example.'],
    ['MX', '20 mail.example.', 10, '20 mail.example.'],
    ['SRV', '5 443 www.example', 10, '10 5 443 www.example.'],
    ['SRV', '1 5 443 www.example.', 10, '1 5 443 www.example.'],
    ['CAA', '0 issue "ca.example"', 0, '0 issue "ca.example"'],
    ['HTTPS', '1 www.example alpn=h2', 0, '1 www.example. alpn="h2"'],
    ['SVCB', '1 .', 0, '1 .'],
    [
      'NAPTR',
      '100 10 "u" "E2U+sip" "!^.*$!sip:a@example!" .',
      0,
      '100 10 "u" "E2U+sip" "!^.*$!sip:a@example!" .',
    ],
    ['TYPE65280', '\\# 2 0A0B', 0, '\\# 2 0A0B'],
    ['A', '\\# 4 C0000201', 0, '192.0.2.1'],
  ])('%s %s', (type, content, priority, wanted) => {
    expect(canonical(type, content, priority)).toBe(wanted)
  })

  it.each([
    ['CNAME', '@', 'column 1: is relative'],
    ['MX', 'a b c', 'column 1: is not a preference'],
    ['A', '192.0.2.256', 'column 1: is not an IPv4 address'],
    ['CNAME', '', 'column 1: '],
  ])('what is wrong stays wrong: %s %s', (type, content, wanted) => {
    expect(canonical(type, content)).toContain(wanted)
  })
})

describe('texts', () => {
  it.each([
    ['v=spf1 -all', '"v=spf1 -all"'],
    ['"v=spf1" "-all"', '"v=spf1" "-all"'],
    ['say "hi"; \\ there', '"say \\"hi\\"; \\\\ there"'],
    ['', '""'],
    ['é', '"\\195\\169"'],
  ])('%s', (content, wanted) => {
    expect(canonical('TXT', content)).toBe(wanted)
  })

  it('without quotes are what they say, whatever they hold', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 })
    fc.assert(
      fc.property(
        text.filter((one) => !/^\s*("|\\#)/.test(one)),
        (content) => {
          const read = parseRdata(TYPE_TXT, rdataOf(TYPE_TXT, content, 0))
          if (!read.ok) throw new Error(read.fault.wanted)
          const octets: number[] = []
          // RFC 1035 §3.3.14: one or more strings, each with its length before it.
          for (let at = 0; at < read.rdata.length; at += 1 + (read.rdata[at] ?? 0)) {
            octets.push(...read.rdata.subarray(at + 1, at + 1 + (read.rdata[at] ?? 0)))
          }
          expect(Buffer.from(octets)).toEqual(Buffer.from(content))
        },
      ),
      { numRuns: 200 },
    )
  })
})
