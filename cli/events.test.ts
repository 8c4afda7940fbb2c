import { createServer } from 'node:http'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran> {
  central = await startFakeCentral(script)
  return callCli([...args, '--url', central.url])
}

const change = {
  version: 8,
  schema: 5,
  atEpoch: 1_700_000_000_000,
  actor: 'ci',
  cause: 'r1',
  events: [
    { type: 'cluster-put', cluster: { id: 'sfo' } },
    { type: 'network-put', network: { id: 'office', cluster: 'sfo' } },
    { type: 'endpoint-put', app: 'a.example.', endpoint: { cluster: 'sfo' } },
    { type: 'app-deleted', name: 'b.example.' },
    { type: 'rrset-put', rrset: { name: 'c.example.', type: 'TXT', ttl: 60, rdata: [] } },
    { type: 'endpoint-health', app: 'a.example.', cluster: 'ewr', state: 'down' },
    {
      type: 'machine-unregistered',
      app: 'a.example.',
      cluster: 'ewr',
      machine: 'vm-1',
      why: 'left',
    },
  ],
  omitted: 3,
}
const words =
  'cluster sfo put, network office put, endpoint a.example. sfo put, app b.example. deleted, ' +
  'rrset c.example. TXT put, endpoint a.example. ewr health down, ' +
  'machine a.example. ewr vm-1 unregistered (left), 3 not shown'

describe('meridian events', () => {
  it('lists changes after a version in words, and says where to go on', async () => {
    const script = { 'GET /v1/events?after=7&limit=1': { body: { items: [change], next: '8' } } }
    const { code, out, err } = await run(script, 'events', '--after', '7', '--limit', '1')
    expect([code, out.split('\n')[1]]).toEqual([
      0,
      `      8  2023-11-14T22:13:20.000Z  ci     ${words}`,
    ])
    expect(err).toBe('there may be more: meridian events --after 8\n')
  })

  it('asks for what is wanted, among the last changes', async () => {
    const query =
      'zone=example.&app=a.example.&cluster=sfo&actor=ci&type=app-put&after=22&limit=100'
    const script = {
      'GET /v1/status': { body: { version: 42 } },
      [`GET /v1/events?${query}`]: { body: { items: [] } },
    }
    const args = ['--zone', 'Example', '--app', 'a.example', '--cluster', 'sfo', '--actor', 'ci']
    const { code, err } = await run(script, 'events', '--last', '20', '--type', 'app-put', ...args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  it.each([
    [['--after', 'x'], '--after: "x"'],
    [['--after', '1', '--last', '2'], '--last: stands beside --after'],
    [['--zone', 'a..b'], '"a..b"'],
    [['--follow', '--since', '2026-12-01T00:00:00Z'], '--since, --until: are for the past'],
  ])('refuses %j', async (args, err) => {
    const ran = await run({}, 'events', ...args)
    expect(ran.code).toBe(2)
    expect(ran.err).toContain(err)
  })
})

/** A central that sends each script as one stream, cuts it off, and notes where each one began. */
async function startStreams(...scripts: readonly string[]) {
  const begun: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const lastId = request.headers['last-event-id']
    const text = scripts[begun.length]
    begun.push(typeof lastId === 'string' ? lastId : undefined)
    if (text === undefined) {
      response.writeHead(422, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ detail: 'no more' }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(text, () => request.socket.destroySoon())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('no port')
  return { url: `http://127.0.0.1:${address.port}`, begun }
}

const message = (version: number): string =>
  `id: ${version}\nevent: change\ndata: ${JSON.stringify({ ...change, version })}\n\n`

describe('meridian events --follow', () => {
  it('goes on where it was when the connection is lost, and ends after --limit', async () => {
    const { url, begun } = await startStreams(
      `${message(6)}:\nid: 9\n\n`,
      `${message(10)}event: end\ndata: {"reason":"stopping","detail":"central stops"}\n\n`,
      message(11) + message(12),
    )
    const args = ['events', '--follow', '--after', '5', '--limit', '3', '--output', 'json']
    const { code, out, err } = await callCli([...args, '--url', url])
    const versions = out
      .trim()
      .split('\n')
      .map((line) => /"version":(\d+)/.exec(line)?.[1])
    expect({ code, versions, begun }).toEqual({
      code: 0,
      versions: ['6', '10', '11'],
      begun: ['5', '9', '10'],
    })
    expect(err.split('\n')).toHaveLength(3)
    expect(err).toContain('central stops; trying again\n')
  })

  it('prints a line for each change', async () => {
    const { url } = await startStreams(message(6))
    const { out } = await callCli([
      'events',
      '--follow',
      '--after',
      '5',
      '--limit',
      '1',
      '--url',
      url,
    ])
    expect(out).toBe(`      6  2023-11-14T22:13:20.000Z  ci          ${words}\n`)
  })

  it('ends when central refuses, and when there is none at first', async () => {
    const { url } = await startStreams()
    const refused = await callCli(['events', '--follow', '--after', '5', '--url', url])
    expect([refused.code, refused.err.includes('422 Unprocessable Entity: no more')]).toEqual([
      1,
      true,
    ])
    const none = await callCli([
      'events',
      '--follow',
      '--after',
      '5',
      '--url',
      'http://127.0.0.1:1',
    ])
    expect([none.code, none.err.startsWith('error: cannot reach')]).toEqual([1, true])
  })
})
