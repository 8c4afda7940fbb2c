import { beforeAll, expect, it } from 'vitest'
import { manyAddresses, serveMesh, wideNameServers } from '../conformance/served-mesh.ts'
import { type Peer, freePort, startPeer } from './peer.ts'
import { dig } from './query-tool.ts'
import { requireTool } from './tools.ts'

const { folder, edge } = serveMesh()
let unbound: Peer

beforeAll(async () => {
  const dns = { address: '127.0.0.1', port: await freePort() }
  const config = folder.write('unbound.conf', unboundConfig(dns.port, edge.dns.port))
  unbound = await startPeer(requireTool('unbound', 'unbound'), ['-d', '-c', config], dns)
  return () => unbound.end()
})

/** A resolver that has the zones of the mesh from the edge, and believes no answer lightly. */
function unboundConfig(port: number, edgePort: number): string {
  const stub = (zone: string): string =>
    `stub-zone:\n  name: "${zone}"\n  stub-addr: 127.0.0.1@${edgePort}\n`
  return [
    'server:',
    '  interface: 127.0.0.1',
    `  port: ${port}`,
    '  do-daemonize: no',
    '  username: ""',
    '  chroot: ""',
    `  directory: "${folder.path}"`,
    '  pidfile: ""',
    '  use-syslog: no',
    '  do-ip6: no',
    '  num-threads: 1',
    '  do-not-query-localhost: no',
    // The zones are signed by nobody.
    '  module-config: "iterator"',
    // RFC 9156, and no way back to whole names.
    '  qname-minimisation: yes',
    '  qname-minimisation-strict: yes',
    // Random case in names, which the answer must have too.
    '  use-caps-for-id: yes',
    '  local-zone: "test." nodefault',
    'remote-control:',
    '  control-enable: no',
    stub('example'),
    stub('wide.test'),
  ].join('\n')
}

/** Queries that the edge has had. */
function asked(): Promise<number> {
  return edge.metric('meridian_edge_dns_requests_total')
}

it.each([
  ['A', 'video.example', ['192.0.2.1', '192.0.2.2']],
  ['AAAA', 'video.example', ['2001:db8::1']],
  ['AAAA', 'many.example', manyAddresses],
])('gives %s of %s', async (type, name, addresses) => {
  const printed = await dig(unbound.dns, name, type)
  expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr rd ra', warnings: [] })
  expect([...printed.answer].sort()).toEqual(
    addresses.map((address) => `${name}. 30 IN ${type} ${address}`).sort(),
  )
})

it('follows a target to the addresses of the app that it names', async () => {
  const printed = await dig(unbound.dns, 'alias.example', 'AAAA')
  expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr rd ra', warnings: [] })
  expect(printed.answer.map((line) => line.replace(/ \d+ IN /, ' IN '))).toEqual([
    'alias.example. IN CNAME video.example.',
    'video.example. IN AAAA 2001:db8::1',
  ])
  // The CNAME that it keeps is good for any type.
  const before = await asked()
  const other = await dig(unbound.dns, 'alias.example', 'AAAA')
  expect(other.answer).toHaveLength(2)
  expect(await asked()).toBe(before)
})

it.each([
  ['HTTPS', /^service\.example\. \d+ IN HTTPS 1 \. alpn="h2,h3" port=8443 ipv4hint=192\.0\.2\.6 /],
  ['SRV', /^service\.example\. \d+ IN SRV 0 100 8443 service\.example\.$/],
])('gives %s of an app with a service', async (type, record) => {
  const printed = await dig(unbound.dns, 'service.example', type)
  expect(printed).toMatchObject({ status: 'NOERROR', warnings: [] })
  expect(printed.answer).toEqual([expect.stringMatching(record)])
})

it('asks label by label, and takes the first answer to each, in its random case', async () => {
  const before = await asked()
  const printed = await dig(unbound.dns, 'deep.below.example')
  expect(printed.answer).toEqual(['deep.below.example. 30 IN A 192.0.2.77'])
  // below.example, which has no records, and deep.below.example.
  expect(await asked()).toBe(before + 2)
})

it('fetches over TCP what does not fit into a datagram', async () => {
  const before = await edge.metric('meridian_edge_listen_received_total', { proto: 'tcp' })
  const printed = await dig(unbound.dns, '+tcp', 'wide.test', 'NS')
  expect([...printed.answer].sort()).toEqual(
    wideNameServers.map((name) => `wide.test. 3600 IN NS ${name}.`).sort(),
  )
  const after = await edge.metric('meridian_edge_listen_received_total', { proto: 'tcp' })
  expect(after).toBeGreaterThan(before)
})

it.each([
  ['NXDOMAIN', 'nothing.example', 'A', 'NXDOMAIN'],
  ['NODATA', 'video.example', 'MX', 'NOERROR'],
])('keeps %s for the TTL of the SOA, and does not ask again', async (_what, name, type, status) => {
  const soa = /^example\. (?:60|[1-5]?\d) IN SOA /
  const first = await dig(unbound.dns, name, type)
  expect(first).toMatchObject({ status, answer: [], warnings: [] })
  expect(first.authority[0]).toMatch(soa)
  const before = await asked()
  const second = await dig(unbound.dns, name, type)
  expect(second).toMatchObject({ status, answer: [] })
  expect(second.authority[0]).toMatch(soa)
  expect(await asked()).toBe(before)
})
