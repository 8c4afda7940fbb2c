import { describe, expect, test } from 'vitest'
import {
  CLASS_CH,
  TTL_MAX,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_HINFO,
  TYPE_HTTPS,
  TYPE_NS,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { encodeRecords } from './records.ts'
import type { RecordData } from './records.ts'

const soa = {
  mname: 'ns1.example.',
  rname: 'hostmaster.example.org.',
  serial: 4_294_967_295,
  refresh: 7200,
  retry: 900,
  expire: 1_209_600,
  minimum: 30,
}

function hexOf(records: readonly RecordData[], apex = 'example.'): string {
  return encodeRecords(records, apex).bytes.toString('hex')
}

function hex(text: string): string {
  return text.replaceAll(' ', '')
}

describe('rfc1035 §4.1.3: one record', () => {
  test.each<[string, RecordData, string]>([
    [
      'A',
      { owner: 'qname', type: TYPE_A, ttl: 30, rdata: '192.0.2.1' },
      'c00c 0001 0001 0000001e 0004 c0000201',
    ],
    [
      'AAAA',
      { owner: 'qname', type: TYPE_AAAA, ttl: 0, rdata: '2001:db8::1' },
      'c00c 001c 0001 00000000 0010 20010db8000000000000000000000001',
    ],
    [
      'AAAA with an IPv4 address in it',
      { owner: 'qname', type: TYPE_AAAA, ttl: 0, rdata: '::ffff:192.0.2.1' },
      'c00c 001c 0001 00000000 0010 00000000000000000000ffffc0000201',
    ],
    [
      'HINFO',
      { owner: 'qname', type: TYPE_HINFO, ttl: TTL_MAX, rdata: { cpu: 'RFC8482', os: '' } },
      'c00c 000d 0001 7fffffff 0009 07 52464338343832 00',
    ],
    [
      'TXT of class CH',
      { owner: 'qname', type: TYPE_TXT, class: CLASS_CH, ttl: 0, rdata: ['a', '', 'bc'] },
      'c00c 0010 0003 00000000 0006 0161 00 026263',
    ],
    [
      'TXT without strings has one empty string (rfc1035 §3.3.14)',
      { owner: 'qname', type: TYPE_TXT, ttl: 0, rdata: [] },
      'c00c 0010 0001 00000000 0001 00',
    ],
    [
      'of an owner outside the zone',
      { owner: { name: 'ns.test.' }, type: TYPE_A, ttl: 30, rdata: '192.0.2.1' },
      '026e73047465737400 0001 0001 0000001e 0004 c0000201',
    ],
    [
      'NS outside the zone',
      { owner: 'qname', type: TYPE_NS, ttl: 1, rdata: 'a.test.' },
      'c00c 0002 0001 00000001 0008 0161047465737400',
    ],
    [
      'CNAME outside the zone',
      { owner: 'qname', type: TYPE_CNAME, ttl: 1, rdata: 'a.test.' },
      'c00c 0005 0001 00000001 0008 0161047465737400',
    ],
    [
      'SRV, its target never compressed (rfc2782)',
      {
        owner: 'qname',
        type: TYPE_SRV,
        ttl: 1,
        rdata: { priority: 1, weight: 65_535, port: 443, target: 'a.example.' },
      },
      'c00c 0021 0001 00000001 0011 0001 ffff 01bb 0161 076578616d706c65 00',
    ],
    [
      'HTTPS of its owner (rfc9460 §2.2)',
      {
        owner: 'qname',
        type: TYPE_HTTPS,
        ttl: 1,
        rdata: { priority: 1, target: '.', alpn: ['h2'], ipv4hint: ['192.0.2.1'], ipv6hint: [] },
      },
      'c00c 0041 0001 00000001 0012 0001 00 0001 0003 026832 0004 0004 c0000201',
    ],
    [
      'SVCB, its target never compressed (rfc9460 §2.2)',
      {
        owner: 'qname',
        type: TYPE_SVCB,
        ttl: 1,
        rdata: { priority: 2, target: 'a.example.', alpn: [], ipv4hint: [], ipv6hint: [] },
      },
      'c00c 0040 0001 00000001 000d 0002 0161 076578616d706c65 00',
    ],
  ])('%s', (_what, record, expected) => {
    expect(hexOf([record])).toBe(hex(expected))
    expect(encodeRecords([record], 'example.').apexPointers).toEqual([])
  })

  test.each([255, 256, 510, 511])('rfc1035 §3.3: TXT of %i octets is split', (length) => {
    const record = { owner: 'qname', type: TYPE_TXT, ttl: 0, rdata: ['x'.repeat(length)] } as const
    const { bytes } = encodeRecords([record], 'example.')
    const sizes: number[] = []
    for (let off = 12; off < bytes.length; off += 1 + bytes.readUInt8(off)) {
      sizes.push(bytes.readUInt8(off))
    }
    expect(sizes.every((size, i) => size === 255 || i === sizes.length - 1)).toBe(true)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(length)
    expect(sizes).toHaveLength(Math.ceil(length / 255))
    expect(bytes.readUInt16BE(10)).toBe(length + sizes.length)
  })
})

describe('rfc1035 §4.1.4: pointers to the apex', () => {
  test('stand for the owner and for the end of names in rdata', () => {
    const block = encodeRecords(
      [
        { owner: 'apex', type: TYPE_NS, ttl: 60, rdata: 'ns1.example.' },
        { owner: 'apex', type: TYPE_NS, ttl: 60, rdata: 'example.' },
        { owner: 'apex', type: TYPE_NS, ttl: 60, rdata: 'badexample.' },
      ],
      'example.',
    )
    expect(block.count).toBe(3)
    expect(block.bytes.toString('hex')).toBe(
      hex(
        'c000 0002 0001 0000003c 0006 036e7331 c000' +
          'c000 0002 0001 0000003c 0002 c000' +
          'c000 0002 0001 0000003c 000c 0a6261646578616d706c6500',
      ),
    )
    expect(block.apexPointers).toEqual([0, 16, 18, 30, 32])
  })

  test('stand for the end of an owner of its own', () => {
    const block = encodeRecords(
      [{ owner: { name: 'ns1.example.' }, type: TYPE_A, ttl: 60, rdata: '192.0.2.1' }],
      'example.',
    )
    expect(block.bytes.toString('hex')).toBe(hex('036e7331 c000 0001 0001 0000003c 0004 c0000201'))
    expect(block.apexPointers).toEqual([4])
  })

  test('of SOA are set in both names', () => {
    const block = encodeRecords(
      [{ owner: 'apex', type: TYPE_SOA, ttl: 30, rdata: soa }],
      'example.',
    )
    expect(block.bytes.toString('hex')).toBe(
      hex(
        'c000 0006 0001 0000001e 0032 036e7331 c000' +
          '0a686f73746d6173746572 076578616d706c65 036f726700' +
          'ffffffff 00001c20 00000384 00127500 0000001e',
      ),
    )
    expect(block.apexPointers).toEqual([0, 16])
  })

  test('are not written for the root, whose zero octet is shorter', () => {
    const block = encodeRecords([{ owner: 'apex', type: TYPE_NS, ttl: 1, rdata: 'a.test.' }], '.')
    expect(block.bytes.toString('hex')).toBe(hex('00 0002 0001 00000001 0008 0161047465737400'))
    expect(block.apexPointers).toEqual([])
  })
})

test('no records are an empty block', () => {
  expect(encodeRecords([], 'example.')).toEqual({
    bytes: Buffer.alloc(0),
    count: 0,
    apexPointers: [],
  })
})

const head = { owner: 'qname', ttl: 0 } as const
test.each<[string, RecordData, string]>([
  ['an IPv6 address in A', { ...head, type: TYPE_A, rdata: '::1' }, '::1 is no IPv4 address'],
  ['a short IPv4 address', { ...head, type: TYPE_A, rdata: '192.0.513' }, 'is no IPv4 address'],
  ['an IPv4 address in AAAA', { ...head, type: TYPE_AAAA, rdata: '192.0.2.1' }, 'no IPv6 address'],
  ['a zone id', { ...head, type: TYPE_AAAA, rdata: 'fe80::1%lo' }, 'is no IPv6 address'],
  ['a negative TTL', { ...head, ttl: -1, type: TYPE_A, rdata: '192.0.2.1' }, '-1 is not'],
  ['a broken TTL', { ...head, ttl: 1.5, type: TYPE_A, rdata: '192.0.2.1' }, '1.5 is not'],
  ['a TTL of 32 bits', { ...head, ttl: TTL_MAX + 1, type: TYPE_A, rdata: '192.0.2.1' }, 'above'],
  [
    'a serial of 33 bits',
    { ...head, type: TYPE_SOA, rdata: { ...soa, serial: 2 ** 32 } },
    'is not',
  ],
  ['a class of 17 bits', { ...head, class: 65_536, type: TYPE_TXT, rdata: [] }, '65536 is not'],
  [
    'a long HINFO',
    { ...head, type: TYPE_HINFO, rdata: { cpu: 'x'.repeat(256), os: '' } },
    'string of 256 octets, at most 255',
  ],
  [
    'a weight of 17 bits',
    {
      ...head,
      type: TYPE_SRV,
      rdata: { priority: 0, weight: 65_536, port: 1, target: 'a.example.' },
    },
    '65536 is not in 0..65535',
  ],
  ['rdata above 65535', { ...head, type: TYPE_TXT, rdata: ['x'.repeat(65_535)] }, 'at most 65535'],
])('%s is a RangeError', (_what, record, reason) => {
  expect(() => encodeRecords([record], 'example.')).toThrow(RangeError)
  expect(() => encodeRecords([record], 'example.')).toThrow(reason)
})

test('more records than a message holds are a RangeError', () => {
  const record = { ...head, type: TYPE_A, rdata: '192.0.2.1' } as const
  expect(() =>
    encodeRecords(
      Array.from({ length: 4096 }, () => record),
      'example.',
    ),
  ).toThrow('records: 65536 octets, at most 65535 fit in a message')
})
