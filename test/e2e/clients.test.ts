import { renameSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cityRecord, writeMmdb } from '../../edge/locate/mmdb-fixture.ts'
import { optBytes, queryBytes } from '../../edge/query/query-bytes.ts'
import { EDNS_OPTION_ECS, TYPE_A } from '../../shared/dns/codes.ts'
import { nameToWire, toName } from '../../shared/dns/name.ts'
import { askRaw, decodeResponse } from '../support/dns-client.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const mmdb = folder.file('city.mmdb')
const edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc, {
  clients: { ecs: { trusted: ['127.0.0.1/32'] }, mmdb: { path: mmdb } },
})
const name = 'client.example'

/** A city file that says where 203.0.113.0/24 is. */
function putMmdb(place: {
  readonly latitude: number
  readonly longitude: number
  readonly country: string
}): void {
  const { latitude, longitude, country } = place
  const bytes = writeMmdb([['203.0.113.0/24', cityRecord(latitude, longitude, country)]])
  writeFileSync(`${mmdb}.new`, bytes)
  // As those do who fetch such files: no reader sees half of one.
  renameSync(`${mmdb}.new`, mmdb)
}

const london = { latitude: 51.5, longitude: -0.1, country: 'GB' }
const newark = { latitude: 40.7, longitude: -74.2, country: 'US' }

beforeAll(async () => {
  putMmdb(london)
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [
      {
        name,
        policy: 'nearest-client',
        endpoints: [
          { cluster: 'sfo', addresses: ['192.0.2.1'] },
          { cluster: 'ewr', addresses: ['192.0.2.2'] },
          { cluster: 'lhr', addresses: ['192.0.2.3'] },
        ],
      },
    ],
  })
  await edge.start()
  await edge.connected()
})
afterAll(async () => {
  await edge.end()
  await central.end()
  folder.remove()
})

/** What a client in a /24 is answered with. */
async function answerFor(...octets: readonly number[]): Promise<string> {
  const data = Buffer.from([0, 1, 24, 0, ...octets])
  const records = [optBytes({ options: [{ code: EDNS_OPTION_ECS, data }] })]
  const query = queryBytes({ qname: nameToWire(toName(name)), qtype: TYPE_A, records })
  const { address, port } = edge.dns
  const raw = await askRaw(query, { address, port, transport: 'udp', timeoutMs: 2_000 })
  const answers = raw === undefined ? [] : decodeResponse(raw).answers
  return answers.map((answer) => (answer.type === 'A' ? answer.data : answer.type)).join(' ')
}

async function heeded(wanted: string, ...octets: readonly number[]): Promise<void> {
  await until(`${octets.join('.')} to get ${wanted}`, async () => {
    return (await answerFor(...octets)) === wanted ? true : undefined
  })
}

it('an mmdb file says where clients are', async () => {
  await heeded('192.0.2.3', 203, 0, 113)
  // Nothing is known of others: they are where the edge is.
  expect(await answerFor(198, 51, 100)).toBe('192.0.2.1')
})

it('explain says where a client is, and what that makes of the answer', async () => {
  const { body } = await edge.get(`/v1/explain?name=${name}&client=203.0.113.0/24`)
  expect(body).toMatchObject({
    client: {
      prefix: '203.0.113.0/24',
      scope: 24,
      place: { latitude: 51.5, longitude: -0.1, country: 'GB', continent: 'EU' },
    },
    answer: { cluster: 'lhr' },
  })
  const wrong = await edge.get(`/v1/explain?name=${name}&client=203.0.113.7/24`)
  expect(wrong.status).toBe(422)
  const detail = isRecord(wrong.body) ? wrong.body['detail'] : undefined
  expect(detail).toBe('client has host bits, 203.0.113.0/24 is meant')
})

it('another file takes its place while the edge serves; a broken one does not', async () => {
  putMmdb(newark)
  await heeded('192.0.2.2', 203, 0, 113)
  const refused = async (): Promise<number> =>
    edge.metric('meridian_edge_client_location_mmdb_loads_total', { result: 'refused' })
  expect(await refused()).toBe(0)
  writeFileSync(mmdb, 'this is no mmdb file')
  await until('the broken file to be refused', async () =>
    (await refused()) > 0 ? true : undefined,
  )
  expect(await answerFor(203, 0, 113)).toBe('192.0.2.2')
  putMmdb(london)
  await heeded('192.0.2.3', 203, 0, 113)
})

it('a registered network comes before the file, and goes when it is deleted', async () => {
  await central.apply({
    networks: [{ id: 'lab', prefixes: ['203.0.113.0/24', '198.51.100.0/24'], cluster: 'ewr' }],
  })
  await heeded('192.0.2.2', 203, 0, 113)
  await heeded('192.0.2.2', 198, 51, 100)
  // A cluster that moves takes its networks along.
  const [ewr] = pops().filter(({ id }) => id === 'ewr')
  if (ewr === undefined) throw new Error('no such cluster')
  await central.apply({ clusters: [{ ...ewr, latitude: -45, longitude: 100 }] })
  await heeded('192.0.2.2', 198, 51, 100)
  await central.call('DELETE', '/v1/networks/lab')
  await heeded('192.0.2.3', 203, 0, 113)
  await heeded('192.0.2.1', 198, 51, 100)
  expect(await edge.metric('meridian_edge_client_location_places')).toBe(1)
})
