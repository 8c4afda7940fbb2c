import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

async function startWithZone(hosts = 1): Promise<TestServer> {
  const server = await startServer()
  const zones = [
    { apex: 'example', ns: ['ns2.example', 'ns1.example'], nsTtl: 99, soa: { ttl: 77 } },
    { apex: 'sub.example', ns: ['ns.test'] },
  ]
  const a = (name: string) => ({ name, type: 'A', ttl: 60, rdata: ['192.0.2.2', '192.0.2.1'] })
  const records = [
    a('x.sub.example'),
    ...Array.from({ length: hosts }, (_, i) => a(`h${i}.example`)),
    { name: 'example', type: 'MX', ttl: 60, rdata: ['10 mail.example.'] },
    { name: 'sub.example', type: 'DS', ttl: 60, rdata: [`1 13 2 ${'ab'.repeat(32)}`] },
  ]
  await server.call('POST', '/v1/changes', { body: { zones, records } })
  return server
}

const path = '/v1/zones/example/file'

test('a zone file has the zone, and nothing of the zones below', async () => {
  const { call } = await startWithZone()
  const answer = await call('GET', path)
  expect(answer.headers.get('content-type')).toMatch(/^text\/dns\b/)
  expect(answer.body).toBe(
    `; The zone example. as of version 1. Apps, which answer by policies, are not in it.
example. 77 IN SOA ns2.example. hostmaster.example. 1 7200 900 1209600 30
example. 99 IN NS ns2.example.
example. 99 IN NS ns1.example.
example. 60 IN MX 10 mail.example.
h0.example. 60 IN A 192.0.2.1
h0.example. 60 IN A 192.0.2.2
sub.example. 60 IN DS 1 13 2 ${'AB'.repeat(32)}
`,
  )
  // The DS records of its apex are of the zone above.
  const below = await call('GET', '/v1/zones/sub.example/file')
  expect(String(below.body).match(/ DS /)).toBeNull()
  expect(below.body).toContain('x.sub.example. 60 IN A 192.0.2.1\n')
})

test('its tag is that of the serial', async () => {
  const { call } = await startWithZone()
  const tag = (await call('GET', path)).headers.get('etag') ?? ''
  const same = { headers: { 'if-none-match': tag } }
  expect(await call('GET', path, same)).toMatchObject({ status: 304, body: undefined })
  const body = { ttl: 60, rdata: ['192.0.2.9'] }
  await call('PUT', '/v1/zones/example/rrsets/new.example/A', { body })
  expect(await call('GET', path, same)).toMatchObject({ status: 200 })
  expect(await call('GET', path, { headers: { 'if-match': tag } })).toMatchObject({ status: 412 })
})

test('what changes while it is taken is not in it', async () => {
  const { call, registry, url } = await startWithZone(20_000)
  const response = await fetch(`${url}${path}`)
  const body = { ttl: 60, rdata: ['192.0.2.9'] }
  await call('PUT', '/v1/zones/example/rrsets/new.example/A', { body })
  await call('DELETE', '/v1/zones/example/rrsets/h9999.example/A')
  expect(registry.version).toBe(3)
  const text = await response.text()
  expect(text.split('\n')).toHaveLength(1 + 3 + 1 + 40_000 + 1 + 1)
  expect(text).toContain('\nh9999.example. 60 IN A 192.0.2.1\n')
  expect(text).not.toContain('new.example')
})

test('clients that do not read take no more than their number of places', async () => {
  const { call, port } = await startWithZone()
  // More than the buffers of a connection take: 8 MB in few records.
  const rdata = Array.from({ length: 40 }, (_, i) => `"${i} ${'x'.repeat(240)}"`)
  const records = Array.from({ length: 800 }, (_, i) => {
    return { name: `t${i}.example`, type: 'TXT', ttl: 60, rdata }
  })
  await call('POST', '/v1/changes?diff=false', { body: { records } })
  const open = () =>
    new Promise<ReturnType<typeof connect>>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      })
      socket.once('readable', () => resolve(socket))
    })
  const sockets = await Promise.all(Array.from({ length: 16 }, open))
  const refused = await call('GET', path)
  expect(refused).toMatchObject({ status: 503 })
  expect(refused.headers.get('retry-after')).toBe('1')
  for (const socket of sockets) socket.destroy()
  const patience = { timeout: 10_000 }
  await expect.poll(async () => (await call('HEAD', path)).status, patience).toBe(200)
  await expect.poll(async () => (await call('GET', path)).status, patience).toBe(200)
})

test('a zone that is not there has none', async () => {
  const { call } = await startWithZone()
  expect(await call('GET', '/v1/zones/example.org/file')).toMatchObject({ status: 404 })
})
