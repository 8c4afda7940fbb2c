import { afterAll, beforeAll, expect, it } from 'vitest'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder, token } from '../support/mesh.ts'
import { isRecord, meridian } from '../support/program.ts'

/** What a change may take until every edge answers by it. */
const PROPAGATION_MS = 100

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const onDemand = new EdgeUnderTest(folder, 'sfo', () => central.grpc)
const full = new EdgeUnderTest(folder, 'ewr', () => central.grpc, { replica: { kind: 'full' } })
const edges = [onDemand, full]

beforeAll(async () => {
  await central.start()
  await central.apply(sampleManifest())
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
  await Promise.all(edges.map((edge) => edge.answers('video.example', '192.0.2.1 192.0.2.2')))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

/** Makes a change and waits until every edge answers as wanted; returns the slowest, in ms. */
async function change(
  make: () => Promise<unknown>,
  qname: string,
  wanted: (edge: EdgeUnderTest) => string,
): Promise<number> {
  await make()
  const took = await Promise.all(edges.map((edge) => edge.answers(qname, wanted(edge))))
  return Math.max(...took)
}

it('a new app is answered by edges that had answered NXDOMAIN for it', async () => {
  for (const edge of edges) expect(await edge.addresses('new.example')).toBe('NXDOMAIN')
  const took = await change(
    () =>
      central.apply({
        apps: [{ name: 'new.example', endpoints: [{ cluster: 'ord', addresses: ['192.0.2.8'] }] }],
      }),
    'new.example',
    () => '192.0.2.8',
  )
  expect(took).toBeLessThan(PROPAGATION_MS)
})

it('`meridian endpoints put` puts an endpoint that every edge answers with', async () => {
  const ended = await meridian(
    ['endpoints', 'put', 'new.example', 'sfo', '--address', '192.0.2.9', '--wait'],
    { cwd: folder.path, env: { MERIDIAN_URL: central.url, MERIDIAN_TOKEN: token } },
  )
  expect(ended).toMatchObject({ code: 0 })
  // Newark still has Chicago nearer than San Francisco.
  expect(await onDemand.addresses('new.example')).toBe('192.0.2.9')
  expect(await full.addresses('new.example')).toBe('192.0.2.8')
})

it('without the nearest endpoint the next nearest is answered', async () => {
  const took = await change(
    () => central.call('DELETE', '/v1/apps/video.example/endpoints/sfo'),
    'video.example',
    // San Francisco has Tokyo 8,300 km away and London 8,600; Newark has London 5,600.
    (edge) => (edge.id === 'sfo' ? '203.0.113.1' : '198.51.100.1'),
  )
  expect(took).toBeLessThan(PROPAGATION_MS)
})

it('a cluster that moves changes the orders', async () => {
  const took = await change(
    // London moves to the shore of California.
    () => central.call('PUT', '/v1/clusters/lhr', { latitude: 37, longitude: -122 }),
    'video.example',
    () => '198.51.100.1',
  )
  expect(took).toBeLessThan(PROPAGATION_MS)
})

it('a draining cluster is answered only where nothing else is left', async () => {
  const drained = await change(
    () =>
      central.call('PUT', '/v1/clusters/lhr', { latitude: 37, longitude: -122, state: 'draining' }),
    'video.example',
    () => '203.0.113.1',
  )
  const left = await change(
    () => central.call('DELETE', '/v1/apps/video.example/endpoints/nrt'),
    'video.example',
    () => '198.51.100.1',
  )
  expect(Math.max(drained, left)).toBeLessThan(PROPAGATION_MS)
})

it('a deleted app does not exist any more', async () => {
  const took = await change(
    () => central.call('DELETE', '/v1/apps/new.example'),
    'new.example',
    () => 'NXDOMAIN',
  )
  expect(took).toBeLessThan(PROPAGATION_MS)
})

it('a new zone is answered, a deleted one refused', async () => {
  const made = await change(
    () => central.apply({ zones: [{ apex: 'other.test', ns: ['ns.other.test'] }] }),
    'a.other.test',
    () => 'NXDOMAIN',
  )
  const gone = await change(
    () => central.call('DELETE', '/v1/zones/other.test'),
    'a.other.test',
    () => 'REFUSED',
  )
  expect(Math.max(made, gone)).toBeLessThan(PROPAGATION_MS)
})

it('the serial of the zone rises with every change, alike on all edges', async () => {
  const serial = async (edge: EdgeUnderTest): Promise<number> => {
    const [answer] = (await edge.ask('example', 'SOA')).answers
    const data: unknown = answer !== undefined && 'data' in answer ? answer.data : undefined
    return isRecord(data) ? Number(data['serial']) : Number.NaN
  }
  const before = await serial(full)
  const response = await central.call('PUT', '/v1/apps/serial.example?wait=edges', {})
  expect(response.headers.get('meridian-edges')).toBe('2/2')
  const after = await Promise.all(edges.map(serial))
  expect(after[0]).toBeGreaterThan(before)
  expect(after[1]).toBe(after[0])
})
