import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import type { QueryParts } from '../../../edge/query/query-bytes.ts'
import { CLASS_CH, EDNS_OPTION_EDE, TYPE_AXFR, TYPE_MX } from '../../../shared/dns/codes.ts'
import type { DnsResponse, Target } from '../../support/dns-client.ts'
import { EdgeUnderTest } from '../../support/mesh.ts'
import { exchange, nameOf } from '../exchange.ts'
import { longestName, serveMesh } from '../served-mesh.ts'

const { edge, central, folder } = serveMesh()

function errorsOf(response: DnsResponse): readonly { code: number; text: string }[] {
  return (response.edns?.options ?? [])
    .filter((option) => option.code === EDNS_OPTION_EDE)
    .map(({ data }) => ({ code: data.readUInt16BE(0), text: data.toString('utf8', 2) }))
}

async function ask(target: Target, parts: QueryParts, udpSize = 1232) {
  return exchange(target, queryBytes({ ...parts, records: [optBytes({ udpSize })] }))
}

it.each([
  ['an app', 'NOERROR', { qname: nameOf('video.example') }],
  ['NODATA', 'NOERROR', { qname: nameOf('video.example'), qtype: TYPE_MX }],
  ['NXDOMAIN', 'NXDOMAIN', { qname: nameOf('nothing.example') }],
])('%s has none', async (_what, rcode, parts) => {
  const response = await ask(edge.dns, parts)
  expect(response.rcode).toBe(rcode)
  expect(errorsOf(response)).toEqual([])
})

it.each([
  [
    '§4.21 Not Authoritative (20): a name outside every zone',
    { qname: nameOf('www.example.org') },
    { code: 20, text: '' },
  ],
  [
    '§4.19 Prohibited (18): a zone transfer',
    { qname: nameOf('example'), qtype: TYPE_AXFR },
    { code: 18, text: 'zone transfer is not offered' },
  ],
  [
    '§4.22 Not Supported (21): another class',
    { qname: nameOf('video.example'), qclass: CLASS_CH },
    { code: 21, text: 'class is not served' },
  ],
])('%s', async (_what, parts, expected) => {
  const response = await ask(edge.dns, parts)
  expect(response.rcode).toBe('REFUSED')
  expect(errorsOf(response)).toEqual([expected])
})

it('§3 a client without EDNS gets none', async () => {
  const response = await exchange(edge.dns, queryBytes({ qname: nameOf('www.example.org') }))
  expect(response).toMatchObject({ rcode: 'REFUSED', edns: undefined, additionals: [] })
})

it('§3 the text has its place beside the longest question in 512 octets', async () => {
  const response = await ask(edge.dns, { qname: nameOf(longestName), qclass: CLASS_CH }, 512)
  expect(errorsOf(response)).toEqual([{ code: 21, text: 'class is not served' }])
  expect(response.raw.length).toBeLessThanOrEqual(512)
})

describe('an edge that has never met a central', () => {
  // Port 1 of loopback: nobody listens there.
  const lonely = new EdgeUnderTest(folder, 'lhr', () => '127.0.0.1:1')
  beforeAll(() => lonely.start())
  afterAll(() => lonely.end())

  it('§4.15 Not Ready (14): SERVFAIL, as no name can be told from any other', async () => {
    const response = await ask(lonely.dns, { qname: nameOf('video.example') })
    expect(response).toMatchObject({ rcode: 'SERVFAIL', aa: false })
    expect(errorsOf(response)).toEqual([{ code: 14, text: 'no state from central yet' }])
  })
})

describe('when central is out of reach', () => {
  const outOfReach = 'central is out of reach'
  // Both are forgotten at once: the MINIMUM of their zone is 0.
  const negative = { qname: nameOf('nothing.forgotten.test') }
  const nodata = { qname: nameOf('empty.forgotten.test') }

  beforeAll(async () => {
    await central.call('PUT', '/v1/apps/app.empty.forgotten.test', {})
    await edge.answers('nothing.forgotten.test', 'NXDOMAIN')
    await edge.answers('empty.forgotten.test', 'NOERROR')
    await central.end()
  })

  it.each([
    ['§4.24 Network Error (23): a new name', { qname: nameOf('new.example') }, 'SERVFAIL', 23],
    ['§4.20 Stale NXDOMAIN Answer (19)', negative, 'NXDOMAIN', 19],
    ['§4.4 Stale Answer (3): NODATA', nodata, 'NOERROR', 3],
  ])('%s', async (_what, parts, rcode, code) => {
    const response = await ask(edge.dns, parts)
    expect(response.rcode).toBe(rcode)
    expect(errorsOf(response)).toEqual([{ code, text: outOfReach }])
  })

  it('a name that is kept current by Watch is answered without one', async () => {
    const response = await ask(edge.dns, { qname: nameOf('video.example') })
    expect(response.rcode).toBe('NOERROR')
    expect(errorsOf(response)).toEqual([])
  })
})
