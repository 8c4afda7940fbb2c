import { describe, expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import { EDNS_OPTION_COOKIE } from '../../../shared/dns/codes.ts'
import { exchange, nameOf, shapeOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

const video = nameOf('video.example')
/** QTYPE A, QCLASS IN. */
const fixed = Buffer.from([0, 1, 0, 1])
const formerr = {
  status: 'FORMERR',
  flags: 'qr',
  answer: [],
  authority: [],
  additional: [],
  edns: undefined,
}

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  it('§4 a QUERY with one question is answered, with that question', async () => {
    const response = await exchange(edge.dns, queryBytes({ qname: video }), transport)
    expect(response.rcode).toBe('NOERROR')
    expect(response.questions).toHaveLength(1)
  })

  it.each([
    ['two questions', { qdcount: 2, records: [video, fixed], arcount: 0 }],
    ['two times the same question as a pointer', { qdcount: 2, records: [pointer()], arcount: 0 }],
    ['a QDCOUNT of 2 and one question', { qdcount: 2 }],
    ['a QDCOUNT of 65535', { qdcount: 65_535 }],
    ['a QDCOUNT of 0 and a question', { qdcount: 0 }],
  ])('§4 %s: FORMERR', async (_what, parts) => {
    const query = queryBytes({ qname: video, flags: 0, ...parts })
    const response = await exchange(edge.dns, query, transport)
    expect(shapeOf(response)).toEqual(formerr)
    expect(response.questions).toEqual([])
  })

  it.each([
    ['alone', undefined],
    // RFC 7873 §5.4 asks for a cookie so; cookies are not implemented.
    ['with a cookie', optBytes({ options: [{ code: EDNS_OPTION_COOKIE, data: Buffer.alloc(8) }] })],
  ])('§4 no question, a header %s: FORMERR', async (_what, opt) => {
    const header = queryBytes({ qdcount: 0, flags: 0, arcount: opt === undefined ? 0 : 1 })
    const query = Buffer.concat([header.subarray(0, 12), opt ?? Buffer.alloc(0)])
    const response = await exchange(edge.dns, query, transport)
    expect(shapeOf(response)).toEqual(formerr)
  })
})

function pointer(): Buffer {
  return Buffer.concat([Buffer.from([0xc0, 12]), fixed])
}
