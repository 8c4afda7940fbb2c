import { describe, expect, it } from 'vitest'
import { optBytes, queryBytes, recordBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_A, TYPE_AAAA, TYPE_NS, TYPE_OPT } from '../../../shared/dns/codes.ts'
import { exchange, nameOf, shapeOf } from '../exchange.ts'
import { serveMesh, wideNameServers } from '../served-mesh.ts'

const { edge } = serveMesh()

const formerr = { status: 'FORMERR', flags: 'qr', answer: [], authority: [], additional: [] }
const emptyEdns = { version: 0, flags: '', options: [] }
const video = { qname: nameOf('video.example'), flags: 0 }

describe('§6.1.1 the OPT record', () => {
  it('is in the answer if it is in the query, and only then', async () => {
    const without = await exchange(edge.dns, queryBytes(video))
    expect(without.edns).toBeUndefined()
    const withOpt = await exchange(edge.dns, queryBytes({ ...video, records: [optBytes()] }))
    expect(shapeOf(withOpt).edns).toEqual(emptyEdns)
  })

  it('may stand anywhere in the additional section', async () => {
    const other = recordBytes(nameOf('video.example'), { type: TYPE_A }, Buffer.alloc(4))
    for (const records of [
      [optBytes(), other],
      [other, optBytes()],
      [other, optBytes(), other],
    ]) {
      const response = await exchange(edge.dns, queryBytes({ ...video, records }))
      expect(shapeOf(response)).toMatchObject({ status: 'NOERROR', edns: emptyEdns })
    }
  })

  it.each([
    ['two of them', { records: [optBytes(), optBytes()] }],
    ['three of them', { records: [optBytes(), optBytes(), optBytes()] }],
    ['two of different versions', { records: [optBytes(), optBytes({ version: 1 })] }],
    ['in the answer section', { records: [optBytes()], ancount: 1 }],
    ['in the authority section', { records: [optBytes()], nscount: 1 }],
    ['of a name (§6.1.2)', { records: [optBytes({ owner: nameOf('example') })] }],
    ['of a pointer to the root (§6.1.2)', { records: [optBytes({ owner: pointerToRoot() })] }],
  ])('%s: FORMERR', async (_what, parts) => {
    const response = await exchange(edge.dns, queryBytes({ ...video, ...parts }))
    expect(shapeOf(response)).toMatchObject(formerr)
  })

  it('cannot be asked for', async () => {
    const response = await exchange(edge.dns, queryBytes({ ...video, qtype: TYPE_OPT }))
    expect(shapeOf(response)).toMatchObject(formerr)
  })
})

/** The qname is `video.example`: its zero octet stands at 12 + 14. */
function pointerToRoot(): Buffer {
  return Buffer.from([0xc0, 12 + 14])
}

describe('§6.1.2 options', () => {
  it.each([
    ['an option that goes beyond the record', [0, 3, 0, 9, 1, 2]],
    ['a header of one octet', [0]],
    ['a header of three octets', [0, 3, 0]],
    ['a second option that is cut', [0, 3, 0, 0, 0, 10, 0]],
  ])('%s: FORMERR', async (_what, octets) => {
    const opt = recordBytes(nameOf('.'), { type: TYPE_OPT, class: 1232 }, Buffer.from(octets))
    const response = await exchange(edge.dns, queryBytes({ ...video, records: [opt] }))
    expect(shapeOf(response)).toMatchObject(formerr)
  })

  it('hundreds of unknown options are ignored', async () => {
    const options = Array.from({ length: 500 }, (_, i) => ({
      code: 1_000 + i,
      data: Buffer.alloc(i % 3),
    }))
    const query = queryBytes({ ...video, records: [optBytes({ options })] })
    for (const transport of ['udp', 'tcp'] as const) {
      const response = await exchange(edge.dns, query, transport)
      expect(shapeOf(response)).toMatchObject({ status: 'NOERROR', edns: emptyEdns })
    }
  })
})

describe('§6.2.3 payload sizes', () => {
  async function ask(qname: string, qtype: number, udpSize: number) {
    const records = [optBytes({ udpSize })]
    return exchange(edge.dns, queryBytes({ qname: nameOf(qname), qtype, flags: 0, records }))
  }

  it('the edge offers 1232 octets', async () => {
    const response = await ask('video.example', TYPE_A, 4096)
    expect(response.edns?.udpPayloadSize).toBe(1232)
  })

  it.each([0, 1, 100, 511, 512])('%i counts as 512', async (udpSize) => {
    const small = await ask('video.example', TYPE_A, udpSize)
    expect(small).toMatchObject({ tc: false, rcode: 'NOERROR' })
    expect(small.answers).toHaveLength(2)
    const large = await ask('many.example', TYPE_AAAA, udpSize)
    expect(large).toMatchObject({ tc: true, answers: [] })
  })

  it('an answer may have every octet that the client offers, and not one more', async () => {
    const whole = await ask('many.example', TYPE_AAAA, 1232)
    expect(whole.tc).toBe(false)
    const { length } = whole.raw
    expect(await ask('many.example', TYPE_AAAA, length)).toMatchObject({ tc: false })
    expect(await ask('many.example', TYPE_AAAA, length - 1)).toMatchObject({ tc: true })
  })

  it('§6.2.5 above 1232 octets the edge keeps to 1232, and gives the rest over TCP', async () => {
    for (const udpSize of [1232, 4096, 65_535]) {
      expect(await ask('wide.test', TYPE_NS, udpSize)).toMatchObject({ tc: true, answers: [] })
    }
    const query = queryBytes({ qname: nameOf('wide.test'), qtype: TYPE_NS })
    const whole = await exchange(edge.dns, query, 'tcp')
    expect(whole.raw.length).toBeGreaterThan(1232)
    expect(whole.answers.map((record) => record.type === 'NS' && record.data)).toEqual(
      wideNameServers,
    )
  })
})
