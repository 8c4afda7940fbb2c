import { describe, expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_A, TYPE_AAAA, TYPE_MX } from '../../../shared/dns/codes.ts'
import { addressesOf } from '../../support/dns-client.ts'
import { exchange, nameOf, rawName, shapeOf } from '../exchange.ts'
import { longestName, manyAddresses, serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

const many = queryBytes({ qname: nameOf('many.example'), qtype: TYPE_AAAA, flags: 0 })

describe('§4.2.1 UDP messages of at most 512 octets', () => {
  it('an answer of more has TC and nothing but the question', async () => {
    const response = await exchange(edge.dns, many)
    expect(shapeOf(response)).toEqual({
      status: 'NOERROR',
      flags: 'qr aa tc',
      answer: [],
      authority: [],
      additional: [],
      edns: undefined,
    })
    expect(response.raw.length).toBe(many.length)
  })

  it('§4.2.2 it is whole over TCP', async () => {
    const response = await exchange(edge.dns, many, 'tcp')
    expect(response.tc).toBe(false)
    expect(addressesOf(response)).toEqual(manyAddresses)
  })

  it('RFC 6891 §6.2.5 it is whole over UDP with EDNS and 1232 octets', async () => {
    const query = queryBytes({
      qname: nameOf('many.example'),
      qtype: TYPE_AAAA,
      records: [optBytes({ udpSize: 1232 })],
    })
    const response = await exchange(edge.dns, query)
    expect(response.tc).toBe(false)
    expect(addressesOf(response)).toEqual(manyAddresses)
  })
})

describe('§2.3.4 sizes', () => {
  it('a name of 255 octets is answered', async () => {
    const response = await exchange(edge.dns, queryBytes({ qname: nameOf(longestName) }))
    expect(addressesOf(response)).toEqual(['192.0.2.3'])
  })

  it.each([
    ['a label of 63 octets', rawName('x'.repeat(63), 'example')],
    ['127 labels', rawName(...Array.from({ length: 123 }, () => 'x'), 'example')],
    ['labels of any octets', rawName('\0\x01.\\\xff ', 'example')],
  ])('%s in a name: NXDOMAIN', async (_what, qname) => {
    const response = await exchange(edge.dns, queryBytes({ qname }))
    expect(response.rcode).toBe('NXDOMAIN')
  })

  it('the root can be asked for', async () => {
    const response = await exchange(edge.dns, queryBytes({ qname: nameOf('.') }))
    expect(response.rcode).toBe('REFUSED')
  })
})

describe('§4.1.4 compression', () => {
  /** What stands behind the question, the owner of the first record. */
  function firstOwner(query: Buffer, raw: Buffer): string {
    return raw.subarray(query.length, query.length + 2).toString('hex')
  }

  it('the owner of an answer record is a pointer to the qname', async () => {
    const query = queryBytes({ qname: nameOf('video.example'), qtype: TYPE_A })
    const { raw } = await exchange(edge.dns, query)
    expect(firstOwner(query, raw)).toBe('c00c')
  })

  it('the owner of the SOA of a negative answer is a pointer to the apex in the qname', async () => {
    const query = queryBytes({ qname: nameOf('video.example'), qtype: TYPE_MX })
    const { raw } = await exchange(edge.dns, query)
    expect(firstOwner(query, raw)).toBe('c012')
  })
})

it.each([
  ['CSNET', 2],
  ['HESIOD', 4],
  ['NONE', 254],
  ['any', 255],
  ['unknown', 4096],
])('§3.2.4 only the Internet is served: class %s is refused', async (_name, qclass) => {
  const query = queryBytes({ qname: nameOf('video.example'), qclass, flags: 0 })
  expect(shapeOf(await exchange(edge.dns, query))).toMatchObject({
    status: 'REFUSED',
    flags: 'qr',
    answer: [],
  })
})

it('§4.1.1 the ID is the query’s, for every ID', async () => {
  for (const id of [0, 1, 0x7fff, 0x8000, 0xffff]) {
    const response = await exchange(edge.dns, queryBytes({ id, qname: nameOf('video.example') }))
    expect(response.id).toBe(id)
  }
})
