import { expect, it } from 'vitest'
import type { FakeReply } from './cli.fixture.ts'
import { callCli, startFakeCentral } from './cli.fixture.ts'

const rrset = {
  name: 'www.example.',
  type: 'A',
  ttl: 3600,
  rdata: ['192.0.2.1', '192.0.2.2'],
  version: 7,
}
const zone = { body: { apex: 'example.', version: 1 } }
const path = '/v1/zones/example./rrsets/www.example./A'

/** Runs a command against a central that answers by a script; with the requests that it got. */
async function records(
  script: Readonly<Record<string, FakeReply | readonly FakeReply[]>>,
  ...args: readonly string[]
) {
  const central = await startFakeCentral(script)
  const ran = await callCli(['records', ...args, '--url', central.url])
  await central.close()
  return { ...ran, lines: central.seen.map(({ line }) => line), body: central.seen.at(-1)?.body }
}

it('a list has a line for each record', async () => {
  const script = { 'GET /v1/zones/example./rrsets?type=A&limit=1000': { body: { items: [rrset] } } }
  expect(await records(script, 'list', 'Example', '--type', 'a')).toMatchObject({
    code: 0,
    out: `NAME           TTL  TYPE  RDATA      VERSION
www.example.  3600  A     192.0.2.1        7
www.example.  3600  A     192.0.2.2        7
`,
  })
})

it('the zone of a name is the nearest above it that central has', async () => {
  const script = { 'GET /v1/zones/example.': zone, [`GET ${path}`]: { body: rrset } }
  const { code, lines, out } = await records(script, 'get', 'www.example', 'a', '--output', 'json')
  expect([code, JSON.parse(out)]).toEqual([0, rrset])
  expect(lines).toEqual(['GET /v1/zones/www.example.', 'GET /v1/zones/example.', `GET ${path}`])
})

it('DS records of a zone are looked for in the zone above', async () => {
  const ds = 'GET /v1/zones/example./rrsets/sub.example./DS'
  const script = { 'GET /v1/zones/example.': zone, [ds]: { body: { ...rrset, type: 'DS' } } }
  const { lines } = await records(script, 'get', 'sub.example', 'DS')
  expect(lines).toEqual(['GET /v1/zones/example.', ds])
})

it('a put sends canonical records, and says what it did', async () => {
  const args = ['www.example', 'A', '1h', '192.0.2.2', '192.0.2.1']
  const headers = { 'meridian-version': '9' }
  const put = (status: number, version: number) => ({
    [`PUT ${path}`]: { status, headers, body: { ...rrset, version } },
    'GET /v1/zones/example.': zone,
  })
  const created = await records(put(201, 9), 'put', ...args)
  expect(created.out).toBe('created rrset www.example. A (version 9)\n')
  expect(created.body).toEqual({ ttl: 3600, rdata: ['192.0.2.1', '192.0.2.2'] })
  const there = { [`GET ${path}`]: { body: rrset } }
  const changed = await records({ ...put(200, 9), ...there }, 'put', ...args)
  expect(changed.out).toBe('changed rrset www.example. A (version 9)\n')
  const same = await records({ ...put(200, 7), ...there }, 'put', ...args)
  expect(same.out).toBe('no change of rrset www.example. A (version 9)\n')
})

it('a delete may wait for edges; @ is the apex of the zone that is given', async () => {
  const line = 'DELETE /v1/zones/example./rrsets/example./MX?wait=edges'
  const headers = { 'meridian-version': '9', 'meridian-edges': '3/3' }
  const script = { [line]: { status: 204, headers } }
  const { out } = await records(script, 'delete', '@', 'mx', '--zone', 'example', '--wait')
  expect(out).toBe('deleted rrset example. MX (version 9, served by 3/3 edges)\n')
})

it.each([
  ['@ without a zone', ['get', '@', 'MX'], '@ is the apex of a zone: --zone is wanted'],
  ['no type', ['get', 'www.example', 'NOPE'], '"NOPE" is not a type such as MX or TYPE65280'],
  [
    'a TTL of 2^31',
    ['put', 'a.example', 'A', '2147483648', '192.0.2.1'],
    'is not a TTL in 0..2147483647',
  ],
  [
    'a bad record',
    ['put', 'a.example', 'A', '60', '192.0.2'],
    'rdata[0] "192.0.2" column 1: "192.0.2" is not an IPv4 address',
  ],
  ['a relative name', ['put', 'a.example', 'MX', '60', '10 mail'], 'column 4: "mail" is relative'],
])('%s ends with 2, and nothing is sent', async (_what, args, said) => {
  const { code, err, lines } = await records({}, ...args)
  expect([code, lines]).toEqual([2, []])
  expect(err).toContain(said)
})

it('a name in no zone of central ends with 1', async () => {
  expect(await records({}, 'delete', 'www.test', 'A')).toMatchObject({
    code: 1,
    err: 'error: www.test. lies in no zone of central: put its zone first, see meridian zones list\n',
    lines: ['GET /v1/zones/www.test.', 'GET /v1/zones/test.'],
  })
})
