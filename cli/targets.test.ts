import { afterEach, expect, it } from 'vitest'
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

const endpoint = '/v1/apps/video.example./endpoints/sfo'
const common = { cluster: 'sfo', weight: 100, priority: 0, version: 7 }
const stored = (value: object) => ({ headers: { etag: '"7"' }, body: { ...common, ...value } })

it.each([
  [
    { addresses: ['192.0.2.1'], port: 443 },
    ['--target', 'CDN.test'],
    { target: 'cdn.test.', port: 443 },
  ],
  [
    { addresses: [], target: 'cdn.test.' },
    ['--address', '192.0.2.1'],
    { addresses: ['192.0.2.1'] },
  ],
  [
    { addresses: [], target: 'cdn.test.' },
    ['--port', '443'],
    { addresses: [], target: 'cdn.test.', port: 443 },
  ],
])('an endpoint %j put with %j', async (before, options, wanted) => {
  const script = { [`GET ${endpoint}`]: stored(before), [`PUT ${endpoint}`]: stored(before) }
  const args = ['endpoints', 'put', 'video.example', 'sfo', ...options]
  const { code, err, seen } = await run(script, ...args)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(seen[1]?.body).toEqual({ weight: 100, priority: 0, ...wanted })
})

it('addresses and a target are not given together', async () => {
  const options = ['--target', 'cdn.test', '--address', '192.0.2.1']
  const { code, err } = await run({}, 'endpoints', 'put', 'video.example', 'sfo', ...options)
  expect(code).toBe(2)
  expect(err).toContain('--target goes without --address')
})

it('the target is listed in place of addresses', async () => {
  const path = '/v1/apps/video.example./endpoints?limit=1000'
  const items = [stored({ addresses: [], target: 'cdn.test.' }).body]
  const { out } = await run(
    { [`GET ${path}`]: { body: { items } } },
    'endpoints',
    'list',
    'video.example',
  )
  expect(out.split('\n')[1]).toMatch(/^sfo +active +cdn\.test\. /)
})

const app = '/v1/apps/video.example.'
const ttl = { min: 5, max: 30 }

it.each([
  [undefined, ['--alpn', 'h2', 'h3'], { alpn: ['h2', 'h3'] }],
  [
    { alpn: ['h2'], https: true, srv: false },
    ['--service-port', '8443'],
    { alpn: ['h2'], https: true, srv: false, port: 8443 },
  ],
  [
    { alpn: ['h2'], https: true, srv: true },
    ['--ttl-max', '30'],
    { alpn: ['h2'], https: true, srv: true },
  ],
])('an app with the service %j put with %j', async (service, options, wanted) => {
  const body = {
    name: 'video.example.',
    ttl,
    endpoints: [],
    version: 7,
    ...(service && { service }),
  }
  const reply = { headers: { etag: '"7"' }, body }
  const script = { [`GET ${app}`]: reply, [`PUT ${app}`]: reply }
  const { code, err, seen } = await run(script, 'apps', 'put', 'video.example', ...options)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(seen[1]?.body).toEqual({ ttl, service: wanted })
})

it('an id of a protocol that is none is refused', async () => {
  const { code, err } = await run({}, 'apps', 'put', 'video.example', '--alpn', 'h2,h3')
  expect(code).toBe(2)
  expect(err).toContain('is not the id of a protocol')
})
