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

const sfo = {
  id: 'sfo',
  latitude: 37.62,
  longitude: -122.38,
  addresses: ['192.0.2.1'],
  state: 'active',
  version: 7,
}
const ewr = {
  id: 'ewr',
  latitude: 40.69,
  longitude: -74.17,
  addresses: [],
  state: 'draining',
  version: 12,
}

describe('meridian … list', () => {
  const pages = {
    'GET /v1/clusters?limit=1000': { body: { items: [ewr], next: 'c1' } },
    'GET /v1/clusters?limit=1000&after=c1': { body: { items: [sfo] } },
  }

  it('follows the pages and prints a table', async () => {
    const { code, out, err } = await run(pages, 'clusters', 'list')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      [
        'ID   STATE     LATITUDE  LONGITUDE  COUNTRY  CITY  ADDRESSES  VERSION',
        'ewr  draining     40.69     -74.17  -        -     -               12',
        'sfo  active       37.62    -122.38  -        -     192.0.2.1        7',
        '',
      ].join('\n'),
    )
  })

  it('prints the objects as they came as JSON', async () => {
    const { out } = await run(pages, 'clusters', 'list', '--output', 'json')
    expect(JSON.parse(out)).toEqual({ items: [ewr, sfo] })
  })

  it('asks for no more than --limit', async () => {
    const script = { 'GET /v1/clusters?limit=1': { body: { items: [ewr], next: 'c1' } } }
    const { out, seen } = await run(script, 'clusters', 'list', '--limit', '1', '--output', 'json')
    expect(JSON.parse(out)).toEqual({ items: [ewr] })
    expect(seen).toHaveLength(1)
  })

  it('sends filters of apps in canonical form', async () => {
    const line = 'GET /v1/apps?zone=example.org.&cluster=sfo&limit=1000'
    const script = { [line]: { body: { items: [] } } }
    const { code } = await run(script, 'apps', 'list', '--zone', 'Example.ORG', '--cluster', 'sfo')
    expect(code).toBe(0)
  })

  it('does not follow a page that leads to itself', async () => {
    const reply = { body: { items: [sfo], next: 'c1' } }
    const script = {
      'GET /v1/clusters?limit=1000': reply,
      'GET /v1/clusters?limit=1000&after=c1': reply,
    }
    const { code, err } = await run(script, 'clusters', 'list')
    expect(code).toBe(1)
    expect(err).toMatch(
      /the answer is not one of a Meridian central: the next page is the same page\n$/,
    )
  })

  it('refuses an answer of something else', async () => {
    const { code, err } = await run(
      { 'GET /v1/zones?limit=1000': { body: { hello: 1 } } },
      'zones',
      'list',
    )
    expect(code).toBe(1)
    expect(err).toMatch(/the answer is not one of a Meridian central: items /)
  })
})

describe('meridian … get', () => {
  it('shows an app with its endpoints', async () => {
    const endpoints = [
      { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 100, priority: 0, version: 3 },
    ]
    const app = {
      name: 'video.example.',
      policy: 'nearest',
      ttl: { min: 5, max: 30 },
      endpoints,
      version: 3,
    }
    const { out } = await run(
      { 'GET /v1/apps/video.example.': { body: app } },
      'apps',
      'get',
      'Video.example',
    )
    expect(out).toBe(
      [
        'name     video.example.',
        'policy   nearest',
        'ttl      min 5, max 30',
        'version  3',
        '',
        'CLUSTER  STATE   ADDRESSES  PORT  WEIGHT  PRIORITY  VERSION',
        'sfo      active  192.0.2.1     -     100         0        3',
        '',
      ].join('\n'),
    )
  })

  it('fails when there is none', async () => {
    const { code, err } = await run({}, 'clusters', 'get', 'lhr')
    expect(code).toBe(1)
    expect(err).toMatch(/GET http:.*\/v1\/clusters\/lhr: 404 Not Found: /)
  })

  it.each([
    [
      ['clusters', 'get', '../zones'],
      '"../zones" is not an id: 1 to 63 of a-z, 0-9 and -, no - at the ends',
    ],
    [['apps', 'get', 'a..b'], '"a..b" has an empty label'],
    [['zones', 'get', '.'], 'the root "." cannot stand in a URL; use meridian apply'],
  ])('refuses %j before it asks', async (args, message) => {
    const { code, err, seen } = await run({}, ...args)
    expect({ code, err, seen }).toEqual({ code: 2, err: `error: ${message}\n`, seen: [] })
  })
})

describe('meridian … put', () => {
  it('creates what is not there, only if it still is not', async () => {
    const script = {
      'PUT /v1/clusters/sfo': { status: 201, headers: { 'meridian-version': '8' }, body: sfo },
    }
    const args = [
      '--latitude',
      '37.62',
      '--longitude',
      '-122.38',
      '--address',
      '192.0.2.1',
      '2001:DB8::1',
    ]
    const { code, out, seen } = await run(script, 'clusters', 'put', 'sfo', ...args)
    expect({ code, out }).toEqual({ code: 0, out: 'created cluster sfo (version 8)\n' })
    expect(seen[1]).toMatchObject({
      line: 'PUT /v1/clusters/sfo',
      headers: { 'if-none-match': '*' },
      body: { latitude: 37.62, longitude: -122.38, addresses: ['192.0.2.1', '2001:db8::1'] },
    })
  })

  it('changes only the given fields of what is there', async () => {
    const script = {
      'GET /v1/clusters/sfo': { headers: { etag: '"7"' }, body: sfo },
      'PUT /v1/clusters/sfo?wait=edges': {
        headers: { 'meridian-version': '9', 'meridian-edges': '3/3' },
        body: { ...sfo, state: 'draining', version: 9 },
      },
    }
    const { out, seen } = await run(
      script,
      'clusters',
      'put',
      'sfo',
      '--state',
      'draining',
      '--wait',
    )
    expect(out).toBe('changed cluster sfo (version 9, served by 3/3 edges)\n')
    const { id: _, version: __, ...rest } = sfo
    expect(seen[1]).toMatchObject({ headers: { 'if-match': '"7"' } })
    expect(seen[1]?.body).toEqual({ ...rest, state: 'draining' })
  })

  it('reads and tries again when somebody else was quicker', async () => {
    const script = {
      'GET /v1/apps/a.example./endpoints/sfo': [
        {
          headers: { etag: '"1"' },
          body: { cluster: 'sfo', addresses: [], weight: 1, priority: 0, version: 1 },
        },
        {
          headers: { etag: '"2"' },
          body: { cluster: 'sfo', addresses: [], weight: 1, priority: 5, version: 2 },
        },
      ],
      'PUT /v1/apps/a.example./endpoints/sfo': [
        { status: 412, body: {} },
        { headers: { 'meridian-version': '3' }, body: { version: 3 } },
      ],
    }
    const { code, seen } = await run(
      script,
      'endpoints',
      'put',
      'a.example',
      'sfo',
      '--weight',
      '7',
    )
    expect(code).toBe(0)
    expect(seen[3]).toMatchObject({
      headers: { 'if-match': '"2"' },
      body: { addresses: [], weight: 7, priority: 5 },
    })
  })

  it('gives up after five times', async () => {
    const script = {
      'GET /v1/apps/a.example.': {
        headers: { etag: '"1"' },
        body: { version: 1, ttl: { min: 5, max: 9 } },
      },
      'PUT /v1/apps/a.example.': { status: 412, body: {} },
    }
    const { code, err, seen } = await run(script, 'apps', 'put', 'a.example', '--ttl-max', '60')
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: app a.example. was changed by others 5 times between read and write\n',
    })
    expect(seen).toHaveLength(10)
    expect(seen[1]?.body).toEqual({ ttl: { min: 5, max: 60 } })
  })

  it('keeps the check of an app', async () => {
    const health = { check: { type: 'tcp', port: 80 }, whenNotEnough: 'fail-open' }
    const stored = { version: 1, policy: 'nearest', ttl: { min: 5, max: 9 }, health, endpoints: [] }
    const script = {
      'GET /v1/apps/a.example.': { headers: { etag: '"1"' }, body: stored },
      'PUT /v1/apps/a.example.': { headers: { 'meridian-version': '2' }, body: { version: 2 } },
    }
    const { seen } = await run(script, 'apps', 'put', 'a.example', '--ttl-max', '60')
    expect(seen[1]?.body).toEqual({ policy: 'nearest', ttl: { min: 5, max: 60 }, health })
  })

  it('lets the primary of a zone follow its first name server', async () => {
    const stored = {
      apex: 'example.org.',
      ns: ['ns1.example.org.'],
      nsTtl: 3600,
      soa: { mname: 'ns1.example.org.', refresh: 7200 },
      serial: 4,
      version: 4,
    }
    const script = {
      'GET /v1/zones/example.org.': { body: stored },
      'PUT /v1/zones/example.org.': { headers: { 'meridian-version': '4' }, body: stored },
    }
    const { out, seen } = await run(
      script,
      'zones',
      'put',
      'example.org',
      '--ns',
      'NS2.example.org',
    )
    expect(out).toBe('no change of zone example.org. (version 4)\n')
    expect(seen[1]?.headers['if-match']).toBe('"4"')
    expect(seen[1]?.body).toEqual({ ns: ['ns2.example.org.'], nsTtl: 3600, soa: { refresh: 7200 } })
  })

  it.each([
    [
      ['clusters', 'put', 'sfo', '--latitude', '99'],
      'error: --latitude: "99" is not a number in -90..90\n',
    ],
    [
      ['clusters', 'put', 'sfo', '--longitude', ''],
      'error: --longitude: "" is not a number in -180..180\n',
    ],
    [
      ['clusters', 'put', 'sfo', '--state', 'gone', '--address', '192.0.2'],
      'error: --address[0]: "192.0.2" is not an IPv4 or IPv6 address\n' +
        'error: --state: "gone" is not one of active, draining, disabled\n',
    ],
    [
      ['clusters', 'put', 'new'],
      'error: cluster new is new: --latitude and --longitude are wanted\n',
    ],
    [['zones', 'put', 'new.example'], 'error: zone new.example. is new: --ns is wanted\n'],
    [
      ['endpoints', 'put', 'a.example', 'sfo', '--port', '1.5'],
      'error: --port: "1.5" is not a whole number in 1..65535\n',
    ],
  ])('refuses %j', async (args, message) => {
    const { code, err, seen } = await run({}, ...args)
    expect({ code, err }).toEqual({ code: 2, err: message })
    expect(seen.filter(({ line }) => line.startsWith('PUT'))).toEqual([])
  })
})

describe('meridian … delete', () => {
  it('deletes and says which version has it', async () => {
    const script = {
      'DELETE /v1/apps/a.example./endpoints/sfo': {
        status: 204,
        headers: { 'meridian-version': '9' },
      },
    }
    const { code, out } = await run(script, 'endpoints', 'delete', 'a.example', 'sfo')
    expect({ code, out }).toEqual({ code: 0, out: 'deleted endpoint a.example. sfo (version 9)\n' })
  })

  it('fails when edges that were waited for are late', async () => {
    const script = {
      'DELETE /v1/clusters/sfo?wait=edges': {
        status: 202,
        headers: { 'meridian-version': '9', 'meridian-edges': '0/3' },
      },
    }
    const { code, err } = await run(script, 'clusters', 'delete', 'sfo', '--wait')
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: version 9 is stored, but 0/3 edges serve it\n',
    })
  })
})
