import { afterEach, describe, expect, it } from 'vitest'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran & { readonly seen: FakeCentral['seen'] }> {
  central = await startFakeCentral(script)
  const ran = await callCli(['networks', ...args, '--url', central.url])
  return { ...ran, seen: central.seen }
}

const path = '/v1/networks/office'
const prefixes = ['192.0.2.0/24', '2001:db8::/48']
const atSfo = { id: 'office', prefixes, cluster: 'sfo', country: 'US', version: 7 }
const vpn = {
  id: 'vpn',
  prefixes: ['198.51.100.0/24'],
  latitude: 51.5,
  longitude: -0.1,
  version: 9,
}

it('networks are listed', async () => {
  const { code, out } = await run(
    { 'GET /v1/networks?limit=1000': { body: { items: [atSfo, vpn] } } },
    'list',
  )
  expect(code).toBe(0)
  expect(out).toBe(
    [
      'ID      PREFIXES                     CLUSTER  LATITUDE  LONGITUDE  COUNTRY  VERSION',
      'office  192.0.2.0/24, 2001:db8::/48  sfo             -          -  US             7',
      'vpn     198.51.100.0/24              -            51.5       -0.1  -              9',
      '',
    ].join('\n'),
  )
})

it('one is shown', async () => {
  const { out } = await run({ [`GET ${path}`]: { body: atSfo } }, 'get', 'office')
  expect(out).toContain('prefixes  192.0.2.0/24, 2001:db8::/48\ncluster   sfo\n')
})

it('one is deleted', async () => {
  const script = {
    [`DELETE ${path}?wait=edges`]: {
      status: 204,
      headers: { 'meridian-version': '8', 'meridian-edges': '3/3' },
    },
  }
  const { code, out } = await run(script, 'delete', 'office', '--wait')
  expect({ code, out }).toEqual({
    code: 0,
    out: 'deleted network office (version 8, served by 3/3 edges)\n',
  })
})

describe('meridian networks put', () => {
  it('creates what is not there', async () => {
    const script = {
      [`PUT ${path}`]: { status: 201, headers: { 'meridian-version': '8' }, body: atSfo },
    }
    const args = [
      '--prefix',
      '192.0.2.0/24',
      '2001:DB8:0::/48',
      '--cluster',
      'sfo',
      '--asn',
      '64496',
    ]
    const { code, out, seen } = await run(script, 'put', 'office', ...args)
    expect({ code, out }).toEqual({ code: 0, out: 'created network office (version 8)\n' })
    expect(seen[1]).toMatchObject({ headers: { 'if-none-match': '*' } })
    expect(seen[1]?.body).toEqual({ prefixes, cluster: 'sfo', asn: 64_496 })
  })

  const { id: _, version: __, ...kept } = atSfo
  const { cluster: ___, ...placeless } = kept

  it.each<[string, readonly string[], object, object]>([
    ['other fields stay', ['--country', 'GB'], atSfo, { ...kept, country: 'GB' }],
    [
      'coordinates take the place of a cluster',
      ['--latitude', '51.5', '--longitude=-0.1'],
      atSfo,
      { ...placeless, latitude: 51.5, longitude: -0.1 },
    ],
    [
      'a cluster takes the place of coordinates',
      ['--cluster', 'sfo'],
      vpn,
      { prefixes: vpn.prefixes, cluster: 'sfo' },
    ],
    [
      'one coordinate is changed alone',
      ['--longitude', '0'],
      vpn,
      { prefixes: vpn.prefixes, latitude: 51.5, longitude: 0 },
    ],
  ])('changes only what is given: %s', async (_what, args, stored, wanted) => {
    const script = {
      [`GET ${path}`]: { headers: { etag: '"7"' }, body: stored },
      [`PUT ${path}`]: { headers: { 'meridian-version': '8' }, body: { version: 8 } },
    }
    const { code, seen } = await run(script, 'put', 'office', ...args)
    expect(code).toBe(0)
    expect(seen[1]?.headers['if-match']).toBe('"7"')
    expect(seen[1]?.body).toEqual(wanted)
  })

  it.each<[readonly string[], string]>([
    [['--cluster', 'sfo'], 'network office is new: --prefix is wanted'],
    [
      ['--prefix', '192.0.2.0/24', '--latitude', '1'],
      'network office has no place: --cluster, or --latitude and --longitude, is wanted',
    ],
    [['--cluster', 'sfo', '--latitude', '1'], '--cluster goes without --latitude and --longitude'],
    [
      ['--prefix', '192.0.2.1/24', '--cluster', 'sfo'],
      '--prefix[0]: "192.0.2.1/24" has host bits, 192.0.2.0/24 is meant',
    ],
    [['--continent', 'XX'], '--continent: "XX" is not one of AF, AN, AS, EU, NA, OC, SA'],
    [['--asn', '0'], '--asn: "0" is not a whole number in 1..4294967295'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await run({}, 'put', 'office', ...args)
    expect({ code, err }).toEqual({ code: 2, err: `error: ${message}\n` })
  })
})
