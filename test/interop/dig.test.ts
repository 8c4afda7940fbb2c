import { describe, expect, it } from 'vitest'
import { manyAddresses, serveMesh } from '../conformance/served-mesh.ts'
import { dig } from './query-tool.ts'

const { edge } = serveMesh()

const soa = /^example\. 60 IN SOA ns\.example\. hostmaster\.example\. \d+ 7200 900 1209600 60$/

describe.each(['+notcp', '+tcp'])('dig %s', (transport) => {
  it.each([
    ['A', 'video.example', ['192.0.2.1', '192.0.2.2']],
    ['AAAA', 'video.example', ['2001:db8::1']],
    ['A', 'deep.below.example', ['192.0.2.77']],
    ['A', 'VIDEO.Example', ['192.0.2.1', '192.0.2.2']],
  ])('%s of %s', async (type, name, addresses) => {
    const printed = await dig(edge.dns, transport, '+norec', name, type)
    expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', authority: [] })
    expect(printed.answer).toEqual(addresses.map((text) => `${name}. 30 IN ${type} ${text}`))
    expect(printed.additional).toEqual([])
    expect(printed.warnings).toEqual([])
  })

  it('SOA and NS of the apex', async () => {
    const ofSoa = await dig(edge.dns, transport, '+norec', 'example', 'SOA')
    expect(ofSoa).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
    expect(ofSoa.answer).toHaveLength(1)
    expect(ofSoa.answer[0]?.replace(' 3600 ', ' 60 ')).toMatch(soa)
    const ofNs = await dig(edge.dns, transport, '+norec', 'example', 'NS')
    expect(ofNs.answer).toEqual(['example. 3600 IN NS ns.example.'])
  })

  it.each([
    ['NODATA', 'video.example', 'MX', 'NOERROR'],
    ['NXDOMAIN', 'nothing.example', 'A', 'NXDOMAIN'],
  ])('%s', async (_what, name, type, status) => {
    const printed = await dig(edge.dns, transport, '+norec', name, type)
    expect(printed).toMatchObject({ status, flags: 'qr aa', answer: [], warnings: [] })
    expect(printed.authority).toHaveLength(1)
    expect(printed.authority[0]).toMatch(soa)
  })

  it.each([
    ['HTTPS', '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.6 ipv6hint=2001:db8::6'],
    ['SVCB', '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.6 ipv6hint=2001:db8::6'],
    ['SRV', '0 100 8443 service.example.'],
  ])('%s of an app with a service', async (type, rdata) => {
    const printed = await dig(edge.dns, transport, '+norec', 'service.example', type)
    expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
    expect(printed.answer).toEqual([`service.example. 30 IN ${type} ${rdata}`])
    const short = await dig(edge.dns, transport, '+norec', '+short', 'service.example', type)
    expect(short.text.trim()).toBe(rdata)
  })

  it.each(['A', 'AAAA', 'CNAME', 'SRV', 'HTTPS', 'MX', 'ANY'])(
    '%s of an app that is another name',
    async (type) => {
      const printed = await dig(edge.dns, transport, '+norec', 'alias.example', type)
      expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
      expect(printed.answer).toEqual(['alias.example. 30 IN CNAME video.example.'])
    },
  )

  it('REFUSED, with its reason', async () => {
    const printed = await dig(edge.dns, transport, '+norec', 'www.example.org')
    expect(printed).toMatchObject({ status: 'REFUSED', flags: 'qr', answer: [], warnings: [] })
    expect(printed.edns).toContain('; EDE: 20 (Not Authoritative)')
  })

  it('+nsid tells the edge', async () => {
    const printed = await dig(edge.dns, transport, '+norec', '+nsid', 'video.example')
    expect(printed.edns).toContain('; NSID: 73 66 6f ("sfo")')
    expect(printed.warnings).toEqual([])
  })

  it('+edns=1 is answered BADVERS with version 0; dig then asks again by it', async () => {
    const first = await dig(edge.dns, transport, '+norec', '+edns=1', '+noednsneg', 'video.example')
    expect(first).toMatchObject({ status: 'BADVERS', answer: [], warnings: [] })
    expect(first.edns).toEqual(['; EDNS: version: 0, flags:; udp: 1232'])
    const again = await dig(edge.dns, transport, '+norec', '+edns=1', 'video.example')
    expect(again.text).toContain('BADVERS, retrying with EDNS version 0')
    expect(again.status).toBe('NOERROR')
    expect(again.answer).toHaveLength(2)
  })

  it.each([
    ['an unknown option', ['+ednsopt=100:c0ffee']],
    ['an unknown flag', ['+ednsflags=0x40']],
    ['the reserved bit of the header', ['+zflag']],
    ['several options', ['+cookie', '+nsid', '+expire', '+subnet=192.0.2.0/24', '+padding=128']],
    ['no EDNS', ['+noedns']],
  ])('%s changes nothing', async (_what, options) => {
    const printed = await dig(edge.dns, transport, '+norec', ...options, 'video.example')
    expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
    expect(printed.answer).toHaveLength(2)
    expect(printed.edns.filter((line) => /COOKIE|OPT=|MBZ/.test(line))).toEqual([])
  })

  it('+dnssec is echoed', async () => {
    const printed = await dig(edge.dns, transport, '+norec', '+dnssec', 'video.example')
    expect(printed.edns).toEqual(['; EDNS: version: 0, flags: do; udp: 1232'])
    expect(printed.warnings).toEqual([])
  })

  it.each([
    ['1', 'IQUERY'],
    ['2', 'STATUS'],
    ['4', 'NOTIFY'],
    ['5', 'UPDATE'],
    ['15', 'RESERVED15'],
  ])('+opcode=%s: NOTIMP', async (number, opcode) => {
    const options = [transport, '+norec', '+noedns', `+opcode=${number}`]
    for (const rest of [['video.example'], ['+header-only']]) {
      const printed = await dig(edge.dns, ...options, ...rest)
      expect(printed).toMatchObject({ opcode, status: 'NOTIMP', flags: 'qr', warnings: [] })
    }
  })

  it('id.server of the class CHAOS', async () => {
    const printed = await dig(edge.dns, transport, '+norec', 'id.server', 'TXT', 'CH')
    expect(printed.answer).toEqual(['id.server. 0 CH TXT "sfo"'])
  })
})

it('a client that wants recursion is answered, and told that there is none', async () => {
  const printed = await dig(edge.dns, 'video.example')
  expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa rd', warnings: [] })
  expect(printed.text).toContain(';; WARNING: recursion requested but not available')
})

describe('an answer of more than +bufsize', () => {
  it('is truncated', async () => {
    const printed = await dig(edge.dns, '+norec', '+ignore', '+bufsize=512', 'many.example', 'AAAA')
    expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa tc', answer: [] })
    expect(printed.warnings).toEqual([])
  })

  it.each([
    ['then asked for over TCP', ['+bufsize=512'], '(TCP)'],
    ['without EDNS too', ['+noedns'], '(TCP)'],
    ['and one that fits comes at once', ['+bufsize=1232'], '(UDP)'],
  ])('%s', async (_what, options, transport) => {
    const printed = await dig(edge.dns, '+norec', ...options, 'many.example', 'AAAA')
    expect(printed.answer).toEqual(
      manyAddresses.map((address) => `many.example. 30 IN AAAA ${address}`),
    )
    expect(printed.text).toContain(transport)
  })
})

it('+keepopen asks several questions on one connection', async () => {
  const printed = await dig(
    edge.dns,
    '+norec',
    '+tcp',
    '+keepopen',
    '+short',
    'video.example',
    'deep.below.example',
    'video.example',
  )
  expect(printed.text.trim().split('\n')).toEqual([
    '192.0.2.1',
    '192.0.2.2',
    '192.0.2.77',
    '192.0.2.1',
    '192.0.2.2',
  ])
})
