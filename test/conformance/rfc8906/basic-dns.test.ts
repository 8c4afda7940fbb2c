import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { FLAG_AD, FLAG_CD, FLAG_RD, FLAG_Z, OPCODE_SHIFT } from '../../../shared/dns/codes.ts'
import { exchange, nameOf, opcodeOf, shapeOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'
import { subjects, TYPE_UNKNOWN } from './subjects.ts'

const { edge } = serveMesh()

describe.each(subjects)('$what', ({ qname, qtype, plain }) => {
  it.each([
    ['§8.1.1 plain', 0, plain.flags],
    // RFC 4035 §3.1.6: the CD bit is copied from the query.
    ['§8.1.3.1 CD=1', FLAG_CD, `${plain.flags} cd`],
    ['§8.1.3.2 AD=1', FLAG_AD, plain.flags],
    ['§8.1.3.3 the reserved bit', FLAG_Z, plain.flags],
    ['§8.1.3.4 RD=1', FLAG_RD, `${plain.flags} rd`],
    ['all of them', FLAG_CD | FLAG_AD | FLAG_Z | FLAG_RD, `${plain.flags} rd cd`],
  ])('%s', async (_section, flags, expected) => {
    const query = queryBytes({ qname: nameOf(qname), qtype, flags })
    const response = await exchange(edge.dns, query)
    expect(shapeOf(response)).toEqual({ ...plain, flags: expected })
  })

  it('§8.1.5 over TCP', async () => {
    const query = queryBytes({ qname: nameOf(qname), qtype, flags: 0 })
    const response = await exchange(edge.dns, query, 'tcp')
    expect(shapeOf(response)).toEqual(plain)
  })
})

it.each([
  ['example', 'NOERROR'],
  ['video.example', 'NOERROR'],
  ['below.example', 'NOERROR'],
  ['nothing.example', 'NXDOMAIN'],
])('§8.1.2 an unknown type of %s: no answer records, AA', async (qname, status) => {
  const query = queryBytes({ qname: nameOf(qname), qtype: TYPE_UNKNOWN, flags: 0 })
  expect(shapeOf(await exchange(edge.dns, query))).toEqual({
    status,
    flags: 'qr aa',
    answer: [],
    authority: ['SOA'],
    additional: [],
    edns: undefined,
  })
})

describe.each(['udp', 'tcp'] as const)('§8.1.4 unknown opcodes over %s', (transport) => {
  const opcodes = Array.from({ length: 15 }, (_, i) => i + 1)
  const notImplemented = {
    status: 'NOTIMP',
    flags: 'qr',
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
  }

  it.each(opcodes)('%i, nothing but a header', async (opcode) => {
    const query = queryBytes({ flags: opcode << OPCODE_SHIFT, qdcount: 0 }).subarray(0, 12)
    const response = await exchange(edge.dns, query, transport)
    expect(opcodeOf(response.raw)).toBe(opcode)
    expect(shapeOf(response)).toEqual(notImplemented)
  })

  it.each(opcodes)('%i, with a question', async (opcode) => {
    const query = queryBytes({ qname: nameOf('video.example'), flags: opcode << OPCODE_SHIFT })
    const response = await exchange(edge.dns, query, transport)
    expect(opcodeOf(response.raw)).toBe(opcode)
    expect(shapeOf(response)).toEqual(notImplemented)
  })
})
