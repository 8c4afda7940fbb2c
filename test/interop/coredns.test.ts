import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { packageRoot } from '../../shared/package-root.ts'
import { serveMesh } from '../conformance/served-mesh.ts'
import { type Peer, freePort, startPeer } from './peer.ts'
import { dig } from './query-tool.ts'
import { requireGo } from './tools.ts'

/** Downloading and compiling CoreDNS for the first time; later it is a matter of a second. */
const BUILD_MS = 10 * 60_000

const { folder, central } = serveMesh()
let coredns: Peer

beforeAll(async () => {
  const program = join(packageRoot(), 'node_modules/.cache/meridian-interop/coredns')
  await promisify(execFile)(requireGo(), ['build', '-buildvcs=false', '-o', program, '.'], {
    cwd: join(packageRoot(), 'test/interop/coredns'),
    timeout: BUILD_MS,
  })
  const dns = { address: '127.0.0.1', port: await freePort() }
  const corefile = folder.write(
    'Corefile',
    [
      `.:${dns.port} {`,
      `  bind ${dns.address}`,
      '  errors',
      // Central answers coredns.dns.DnsService/Query.
      `  grpc . ${central.grpc}`,
      '}',
      '',
    ].join('\n'),
  )
  coredns = await startPeer(program, ['-conf', corefile], dns)
  return () => coredns.end()
}, BUILD_MS)

it.each([
  ['A', 'video.example', ['192.0.2.1', '192.0.2.2', '198.51.100.1', '203.0.113.1']],
  ['AAAA', 'video.example', ['2001:db8::1', '2001:db8::2']],
])('%s of %s: the addresses of all endpoints', async (type, name, addresses) => {
  const printed = await dig(coredns.dns, '+norec', name, type)
  expect(printed).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
  expect([...printed.answer].sort()).toEqual(
    addresses.map((address) => `${name}. 30 IN ${type} ${address}`),
  )
})

it('over TCP as over UDP', async () => {
  const udp = await dig(coredns.dns, '+norec', 'video.example')
  const tcp = await dig(coredns.dns, '+norec', '+tcp', 'video.example')
  expect(tcp.text).toContain('(TCP)')
  expect(tcp.answer).toEqual(udp.answer)
})

it('the case of the name is kept', async () => {
  const printed = await dig(coredns.dns, '+norec', 'ViDeO.eXaMpLe', 'AAAA')
  expect(printed.text).toContain(';ViDeO.eXaMpLe.\t')
  expect(printed).toMatchObject({ status: 'NOERROR', warnings: [] })
  expect(printed.answer).toHaveLength(2)
})

it('SOA and NS of the apex', async () => {
  const soa = await dig(coredns.dns, '+norec', 'example', 'SOA')
  expect(soa).toMatchObject({ status: 'NOERROR', flags: 'qr aa', warnings: [] })
  expect(soa.answer[0]).toMatch(/^example\. 3600 IN SOA ns\.example\. hostmaster\.example\. /)
  const ns = await dig(coredns.dns, '+norec', 'example', 'NS')
  expect(ns.answer).toEqual(['example. 3600 IN NS ns.example.'])
})

it.each([
  ['NXDOMAIN', 'nothing.example', 'A', 'NXDOMAIN', 'qr aa', 1],
  ['NODATA', 'video.example', 'MX', 'NOERROR', 'qr aa', 1],
  ['REFUSED', 'www.example.org', 'A', 'REFUSED', 'qr', 0],
])('%s', async (_what, name, type, status, flags, authorities) => {
  const printed = await dig(coredns.dns, '+norec', name, type)
  expect(printed).toMatchObject({ status, flags, answer: [], warnings: [] })
  expect(printed.authority).toHaveLength(authorities)
})

it('a change of central is answered by the next query', async () => {
  await central.apply({
    apps: [{ name: 'new.example', endpoints: [{ cluster: 'ord', addresses: ['192.0.2.9'] }] }],
  })
  const printed = await dig(coredns.dns, '+norec', 'new.example')
  expect(printed.answer).toEqual(['new.example. 30 IN A 192.0.2.9'])
})
