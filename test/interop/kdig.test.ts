import { describe, expect, it } from 'vitest'
import { manyAddresses, serveMesh } from '../conformance/served-mesh.ts'
import { kdig, kdigJson } from './query-tool.ts'

const { edge } = serveMesh()

describe.each(['+notcp', '+tcp'])('kdig %s', (transport) => {
  it.each([
    ['A', 'video.example', ['192.0.2.1', '192.0.2.2']],
    ['AAAA', 'video.example', ['2001:db8::1']],
  ])('%s of %s', async (type, name, addresses) => {
    const printed = await kdig(edge.dns, transport, '+norec', '+edns', name, type)
    expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
    expect(printed.answer).toEqual(addresses.map((text) => `${name}. 30 IN ${type} ${text}`))
  })

  it.each([
    ['NODATA', 'video.example', 'MX', 'NOERROR', 'qr aa', 1],
    ['NXDOMAIN', 'nothing.example', 'A', 'NXDOMAIN', 'qr aa', 1],
    ['REFUSED', 'www.example.org', 'A', 'REFUSED', 'qr', 0],
  ])('%s', async (_what, name, type, status, flags, authorities) => {
    const printed = await kdig(edge.dns, transport, '+norec', '+edns', name, type)
    expect(printed).toMatchObject({ status, flags, answer: [], warnings: [] })
    expect(printed.authority).toHaveLength(authorities)
  })

  it.each([
    ['HTTPS', 'service', '1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.6 ipv6hint=2001:db8::6'],
    ['SRV', 'service', '0 100 8443 service.example.'],
    ['CNAME', 'alias', 'video.example.'],
  ])('%s of %s.example', async (type, label, rdata) => {
    const name = `${label}.example`
    const printed = await kdig(edge.dns, transport, '+norec', '+edns', name, type)
    expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
    expect(printed.answer).toEqual([`${name}. 30 IN ${type} ${rdata}`])
  })

  it('+nsid, +edns=1, +dnssec and an unknown option', async () => {
    const nsid = await kdig(edge.dns, transport, '+nsid', 'video.example')
    expect(nsid.edns).toContain(';; NSID: 73666F "sfo"')
    const version = await kdig(edge.dns, transport, '+edns=1', 'video.example')
    expect(version).toMatchObject({ status: 'BADVERS', answer: [], warnings: [] })
    const dnssec = await kdig(edge.dns, transport, '+dnssec', 'video.example')
    expect(dnssec.edns[0]).toContain('flags: do;')
    const option = await kdig(edge.dns, transport, '+ednsopt=100:c0ffee', 'video.example')
    expect(option).toMatchObject({ status: 'NOERROR', warnings: [] })
    expect(option.edns).toHaveLength(1)
  })

  it('+json: the answer field by field (RFC 8427)', async () => {
    expect(await kdigJson(edge.dns, transport, '+norec', '+nsid', 'video.example')).toMatchObject({
      QR: 1,
      AA: 1,
      TC: 0,
      RD: 0,
      RA: 0,
      AD: 0,
      CD: 0,
      RCODE: 0,
      QDCOUNT: 1,
      ANCOUNT: 2,
      NSCOUNT: 0,
      ARCOUNT: 1,
      QNAME: 'video.example.',
      answerRRs: [
        { NAME: 'video.example.', TYPEname: 'A', CLASS: 1, TTL: 30, rdataA: '192.0.2.1' },
        { NAME: 'video.example.', TYPEname: 'A', CLASS: 1, TTL: 30, rdataA: '192.0.2.2' },
      ],
      additionalRRs: [{ TYPEname: 'OPT', CLASS: 1232, RDATAHEX: '0003000373666F' }],
    })
  })
})

it('a truncated answer is asked for again over TCP', async () => {
  const printed = await kdig(edge.dns, '+norec', '+bufsize=512', 'many.example', 'AAAA')
  expect(printed.text).toContain('(TCP)')
  expect(printed.answer).toEqual(
    manyAddresses.map((address) => `many.example. 30 IN AAAA ${address}`),
  )
})

it('+keepopen asks several questions on one connection', async () => {
  const names = ['video.example', 'nothing.example', 'www.example.org']
  const { text } = await kdig(edge.dns, '+tcp', '+keepopen', '+norec', ...names)
  expect([...text.matchAll(/status: (\w+)/g)].map(([, status]) => status)).toEqual([
    'NOERROR',
    'NXDOMAIN',
    'REFUSED',
  ])
})
