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

/** What the body of a put has. */
const fields = { latitude: 37.62, longitude: -122.38, city: 'San Francisco', addresses: [] }

const get = 'GET /v1/clusters/sfo'
const put = 'PUT /v1/clusters/sfo'

function stored(state: string, version = 7) {
  return { headers: { etag: `"${version}"` }, body: { id: 'sfo', ...fields, state, version } }
}

function written(state: string, version: number) {
  const { headers, body } = stored(state, version)
  return { headers: { ...headers, 'meridian-version': String(version) }, body }
}

describe.each([
  { command: 'drain', from: 'active', to: 'draining', means: 'drained' },
  { command: 'undrain', from: 'draining', to: 'active', means: 'undrained' },
])('meridian $command cluster', ({ command, from, to, means }) => {
  it('changes the state, and nothing else, of the cluster that it read', async () => {
    const script = { [get]: stored(from), [put]: written(to, 8) }
    const { code, out, err, seen } = await run(script, command, 'cluster', 'sfo')
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `cluster sfo was ${from}, is ${to} (version 8)\n`,
      err: '',
    })
    expect(seen[1]).toMatchObject({ line: put, headers: { 'if-match': '"7"' } })
    expect(seen[1]?.body).toEqual({ ...fields, state: to })
  })

  it('says so when it is so already, and waits for edges all the same', async () => {
    const { headers, body } = written(to, 7)
    const reply = { headers: { ...headers, 'meridian-edges': '3/3' }, body }
    const script = { [get]: stored(to), [`${put}?wait=edges`]: reply }
    const { code, out } = await run(script, command, 'cluster', 'sfo', '--wait')
    expect({ code, out }).toEqual({
      code: 0,
      out: `cluster sfo is ${to} already (version 7, served by 3/3 edges)\n`,
    })
  })

  it('fails when edges that were waited for are late', async () => {
    const { headers, body } = written(to, 8)
    const late = { status: 202, headers: { ...headers, 'meridian-edges': '2/3' }, body }
    const script = { [get]: stored(from), [`${put}?wait=edges`]: late }
    const { code, err } = await run(script, command, 'cluster', 'sfo', '--wait')
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: version 8 is stored, but 2/3 edges serve it\n',
    })
  })

  it('prints the cluster as central has it as JSON', async () => {
    const script = { [get]: stored(from), [put]: written(to, 8) }
    const { out } = await run(script, command, 'cluster', 'sfo', '--output', 'json')
    expect(JSON.parse(out)).toEqual({ id: 'sfo', ...fields, state: to, version: 8 })
  })

  it('reads and writes once more when somebody else was quicker', async () => {
    const script = {
      [get]: [stored(from), stored(from, 9)],
      [put]: [{ status: 412, body: {} }, written(to, 10)],
    }
    const { code, seen } = await run(script, command, 'cluster', 'sfo')
    expect(code).toBe(0)
    expect(seen.map(({ headers }) => headers['if-match'])).toEqual([
      undefined,
      '"7"',
      undefined,
      '"9"',
    ])
  })

  it('gives up the second time', async () => {
    const script = { [get]: stored(from), [put]: { status: 412, body: {} } }
    const { code, err, seen } = await run(script, command, 'cluster', 'sfo')
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: cluster sfo was changed by others 2 times between read and write\n',
    })
    expect(seen).toHaveLength(4)
  })

  it('refuses a cluster that is disabled, and writes nothing', async () => {
    const { code, err, seen } = await run({ [get]: stored('disabled') }, command, 'cluster', 'sfo')
    expect({ code, err }).toEqual({
      code: 1,
      err:
        `error: cluster sfo is disabled, only one that is active or draining can be ${means}; ` +
        `meridian clusters put sfo --state ${to} changes any\n`,
    })
    expect(seen).toHaveLength(1)
  })

  it('fails when there is none, or when central refuses', async () => {
    const none = await run({}, command, 'cluster', 'lhr')
    expect(none).toMatchObject({ code: 1, err: 'error: cluster lhr is not registered\n' })
    await central?.close()
    const refused = { status: 401, body: { detail: 'a token is wanted' } }
    const { code, err } = await run(
      { [get]: stored(from), [put]: refused },
      command,
      'cluster',
      'sfo',
    )
    expect(code).toBe(1)
    expect(err).toMatch(/PUT .*\/v1\/clusters\/sfo: 401 Unauthorized: a token is wanted/)
  })

  it.each([
    [['cluster', 'S F'], /^error: "S F" is not an id/],
    [['cluster'], /missing required argument 'id'/],
    [['place', 'sfo'], /unknown command 'place'/],
  ])('refuses %j before it asks', async (args, message) => {
    const { code, err, seen } = await run({}, command, ...args)
    expect({ code, seen }).toEqual({ code: 2, seen: [] })
    expect(err).toMatch(message)
  })
})
