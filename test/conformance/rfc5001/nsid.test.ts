import { describe, expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import type { QueryParts } from '../../../edge/query/query-bytes.ts'
import {
  EDNS_OPTION_NSID,
  OPCODE_SHIFT,
  TYPE_AAAA,
  TYPE_MX,
  TYPE_SOA,
} from '../../../shared/dns/codes.ts'
import type { DnsResponse } from '../../support/dns-client.ts'
import { exchange, nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

const request = { code: EDNS_OPTION_NSID, data: Buffer.alloc(0) }

function nsidOf(response: DnsResponse): readonly string[] {
  return (response.edns?.options ?? [])
    .filter((option) => option.code === EDNS_OPTION_NSID)
    .map((option) => option.data.toString())
}

async function ask(parts: QueryParts, options = [request], udpSize = 1232) {
  const records = [optBytes({ options, udpSize })]
  return exchange(edge.dns, queryBytes({ ...parts, records }))
}

describe('§2.2 the NSID is the id of the edge, in every answer to a query that asks for it', () => {
  it.each([
    ['NOERROR', 'NOERROR', { qname: nameOf('video.example') }],
    ['the SOA', 'NOERROR', { qname: nameOf('example'), qtype: TYPE_SOA }],
    ['NODATA', 'NOERROR', { qname: nameOf('video.example'), qtype: TYPE_MX }],
    ['NXDOMAIN', 'NXDOMAIN', { qname: nameOf('nothing.example') }],
    ['REFUSED', 'REFUSED', { qname: nameOf('www.example.org') }],
  ])('%s', async (_what, rcode, parts) => {
    const response = await ask(parts)
    expect(response.rcode).toBe(rcode)
    expect(nsidOf(response)).toEqual(['sfo'])
  })

  it('a truncated answer', async () => {
    const response = await ask({ qname: nameOf('many.example'), qtype: TYPE_AAAA }, [request], 512)
    expect(response.tc).toBe(true)
    expect(nsidOf(response)).toEqual(['sfo'])
  })

  it('BADVERS', async () => {
    const records = [optBytes({ options: [request], version: 1 })]
    const response = await exchange(edge.dns, queryBytes({ records }))
    expect(response.rcode).toBe('BADVERS')
    expect(nsidOf(response)).toEqual(['sfo'])
  })
})

it('§2.2 a query that does not ask for it gets none', async () => {
  expect(nsidOf(await ask({ qname: nameOf('video.example') }, []))).toEqual([])
  expect((await exchange(edge.dns, queryBytes({ qname: nameOf('video.example') }))).edns).toBe(
    undefined,
  )
})

it('§2.2 what the query’s option holds is not looked at', async () => {
  const strange = { code: EDNS_OPTION_NSID, data: Buffer.from('somebody else') }
  expect(nsidOf(await ask({ qname: nameOf('video.example') }, [strange]))).toEqual(['sfo'])
})

it('asked for twice, it is answered once', async () => {
  expect(nsidOf(await ask({ qname: nameOf('video.example') }, [request, request]))).toEqual(['sfo'])
})

it('an opcode that is not implemented is refused before OPT is looked at', async () => {
  const response = await ask({ flags: 2 << OPCODE_SHIFT })
  expect(response).toMatchObject({ rcode: 'NOTIMP', edns: undefined })
})
