import { afterEach, describe, expect, it } from 'vitest'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran & { readonly seen: FakeCentral['seen'] }> {
  central = await startFakeCentral(script)
  const ran = await callCli([...args, '--url', central.url])
  return { ...ran, seen: central.seen }
}

const item = '/v1/apps/video.example./endpoints/sfo'
const operands = ['Video.example', 'sfo']

describe.each([
  { command: 'drain', from: 'active', to: 'draining', before: {}, after: { state: 'draining' } },
  { command: 'undrain', from: 'draining', to: 'active', before: { state: 'draining' }, after: {} },
])('meridian $command endpoint', ({ command, from, to, before, after }) => {
  const fields = { addresses: ['192.0.2.1'], weight: 100, priority: 0 }
  const shown = (state: object, version: number) => ({
    headers: { etag: `"${version}"`, 'meridian-version': String(version) },
    body: { cluster: 'sfo', ...fields, ...state, version },
  })

  it('changes the state, and nothing else, of the endpoint that it read', async () => {
    const script = { [`GET ${item}`]: shown(before, 7), [`PUT ${item}`]: shown(after, 8) }
    const { code, out, err, seen } = await run(script, command, 'endpoint', ...operands)
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `endpoint video.example. sfo was ${from}, is ${to} (version 8)\n`,
      err: '',
    })
    expect(seen[1]).toMatchObject({ headers: { 'if-match': '"7"' } })
    expect(seen[1]?.body).toEqual({ ...fields, ...after })
  })

  it('says so when it is so already, and waits for edges all the same', async () => {
    const { headers, body } = shown(after, 7)
    const reply = { headers: { ...headers, 'meridian-edges': '3/3' }, body }
    const script = { [`GET ${item}`]: shown(after, 7), [`PUT ${item}?wait=edges`]: reply }
    const { code, out } = await run(script, command, 'endpoint', ...operands, '--wait')
    expect({ code, out }).toEqual({
      code: 0,
      out: `endpoint video.example. sfo is ${to} already (version 7, served by 3/3 edges)\n`,
    })
  })

  it('refuses one that is disabled, and writes nothing', async () => {
    const script = { [`GET ${item}`]: shown({ state: 'disabled' }, 7) }
    const { code, err, seen } = await run(script, command, 'endpoint', ...operands)
    expect(code).toBe(1)
    expect(err).toContain(`meridian endpoints put Video.example sfo --state ${to} changes any`)
    expect(seen).toHaveLength(1)
  })

  it('fails when there is none', async () => {
    const { code, err } = await run({}, command, 'endpoint', ...operands)
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: endpoint video.example. sfo is not registered\n',
    })
  })
})

it.each([
  ['draining', { state: 'draining' }],
  ['active', {}],
])('meridian endpoints put --state %s', async (state, wanted) => {
  const stored = { cluster: 'sfo', addresses: [], weight: 1, priority: 0, state: 'disabled' }
  const reply = { headers: { etag: '"7"' }, body: stored }
  const script = { [`GET ${item}`]: reply, [`PUT ${item}`]: reply }
  const { code, seen } = await run(script, 'endpoints', 'put', ...operands, '--state', state)
  expect(code).toBe(0)
  expect(seen[1]?.body).toEqual({ addresses: [], weight: 1, priority: 0, ...wanted })
})

describe.each([
  {
    command: 'drain',
    method: 'PUT',
    draining: true,
    says: 'is draining: it still answers, but is not ready',
  },
  { command: 'undrain', method: 'DELETE', draining: false, says: 'is not draining' },
])('meridian $command edge', ({ command, method, draining, says }) => {
  it('asks the admin interface that central knows of', async () => {
    const edge = await startFakeCentral({ [`${method} /v1/drain`]: { body: { draining } } })
    const known = { 'GET /v1/edges/sfo-1': { body: { id: 'sfo-1', adminUrl: edge.url } } }
    const { code, out, err } = await run(known, command, 'edge', 'sfo-1')
    expect({ code, out, err }).toEqual({ code: 0, out: `edge sfo-1 ${says}\n`, err: '' })
    expect(edge.seen.map(({ line }) => line)).toEqual([`${method} /v1/drain`])
    expect(edge.seen[0]?.headers).not.toHaveProperty('authorization')
    await edge.close()
  })

  it('tells of a refusal', async () => {
    const refusal = { status: 403, body: { detail: 'only its own machine may' } }
    const edge = await startFakeCentral({ [`${method} /v1/drain`]: refusal })
    const { code, err } = await run({}, command, 'edge', edge.url)
    expect(code).toBe(1)
    expect(err).toMatch(/\/v1\/drain: 403 Forbidden: only its own machine may/)
    await edge.close()
  })

  it('fails when there is no such edge', async () => {
    const { code, err } = await run({}, command, 'edge', 'nope')
    expect(code).toBe(1)
    expect(err).toMatch(/\/v1\/edges\/nope: 404/)
  })
})

const path = `${item}/force`

describe('meridian force', () => {
  const forced = { app: 'video.example.', cluster: 'sfo', state: 'down', reason: 'new disks' }
  const reply = { status: 201, headers: { 'meridian-version': '8' }, body: forced }
  const options = ['--for', '1d12h', '--reason', 'new disks']

  it.each(['up', 'down'])('%s sends state, time and reason', async (state) => {
    const script = { [`PUT ${path}`]: reply }
    const { code, out, err, seen } = await run(script, 'force', state, ...operands, ...options)
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `endpoint video.example. sfo is forced ${state} for 1d12h (version 8)\n`,
      err: '',
    })
    expect(seen[0]?.body).toEqual({ state, seconds: 129_600, reason: 'new disks' })
  })

  it('fails when edges that were waited for are late', async () => {
    const late = { ...reply, status: 202, headers: { ...reply.headers, 'meridian-edges': '2/3' } }
    const script = { [`PUT ${path}?wait=edges`]: late }
    const { code, err } = await run(script, 'force', 'down', ...operands, ...options, '--wait')
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: version 8 is stored, but 2/3 edges serve it\n',
    })
  })

  it('prints what central has as JSON', async () => {
    const args = ['force', 'down', ...operands, ...options, '--output', 'json']
    const { out } = await run({ [`PUT ${path}`]: reply }, ...args)
    expect(JSON.parse(out)).toEqual(forced)
  })

  it.each([
    [['--for', '0s', '--reason', 'x'], /--for: "0s" is not a time from 1s to 30d such as 2h/],
    [['--for', '31d', '--reason', 'x'], /--for: "31d" is not a time/],
    [['--for', '2h', '--reason', ' '], /--reason: /],
    [['--for', '2h', '--reason', 'a\nb'], /--reason: .*holds a control character/],
    [['--for', '2h'], /required option '--reason <text>' not specified/],
    [['--reason', 'x'], /required option '--for <time>' not specified/],
  ])('refuses %j before it asks', async (given, message) => {
    const { code, err, seen } = await run({}, 'force', 'down', ...operands, ...given)
    expect({ code, seen }).toEqual({ code: 2, seen: [] })
    expect(err).toMatch(message)
  })
})

describe('meridian unforce', () => {
  const reply = { status: 204, headers: { 'meridian-version': '9' } }

  it('ends it, or finds it ended', async () => {
    const { code, out } = await run({ [`DELETE ${path}`]: reply }, 'unforce', ...operands)
    expect({ code, out }).toEqual({
      code: 0,
      out: 'endpoint video.example. sfo is not forced (version 9)\n',
    })
  })

  it('prints the version as JSON', async () => {
    const args = ['unforce', ...operands, '--output', 'json']
    const { out } = await run({ [`DELETE ${path}`]: reply }, ...args)
    expect(JSON.parse(out)).toEqual({ unforced: 'endpoint video.example. sfo', version: 9 })
  })

  it('fails when the endpoint is not there', async () => {
    const { code, err } = await run({}, 'unforce', ...operands)
    expect(code).toBe(1)
    expect(err).toMatch(/force: 404 Not Found/)
  })
})
