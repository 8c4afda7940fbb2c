import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addressRecords,
  srvRecords,
  startNameServer,
  txtRecords,
} from '../../shared/rpc/name-server.fixture.ts'
import type { TestNameServer } from '../../shared/rpc/name-server.fixture.ts'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const NAME = 'mesh.example'
const folders = [new TestFolder(), new TestFolder()]
const [folder, other] = folders
if (folder === undefined || other === undefined) throw new TypeError('there is no folder')
const central = new CentralUnderTest(folder)
const second = new CentralUnderTest(other)
let names: TestNameServer
let edge: EdgeUnderTest

const portOf = ({ grpc }: CentralUnderTest): number => Number(grpc.split(':').at(-1))

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

beforeAll(async () => {
  await Promise.all([central.start(), second.start()])
  await central.apply(sampleManifest())
  await second.apply({
    ...sampleManifest(),
    apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.99'] }] }],
  })
  const host = 'central.example'
  const targets = [
    { target: host, port: await deadPort(), priority: 1 },
    { target: host, port: portOf(central), priority: 2 },
  ]
  names = await startNameServer({
    ...srvRecords(NAME, targets),
    ...addressRecords(host, '127.0.0.1'),
  })
  edge = new EdgeUnderTest(folder, 'sfo', () => [], {
    central: {
      addresses: undefined,
      bootstrap: { name: NAME, resolver: names.address },
      insecure: true,
    },
  })
  await edge.start()
})
afterAll(async () => {
  await edge.end()
  await Promise.all([central.end(), second.end()])
  names.close()
  for (const each of folders) each.remove()
})

it('an edge finds central by SRV, past a dead one, and serves', async () => {
  await edge.connected()
  await edge.answers('video.example', '192.0.2.1 192.0.2.2')
  // It was refused by the first.
  expect(await edge.metric('meridian_edge_replica_disconnects_total')).toBeGreaterThan(0)
})

it('and another one, by TXT, when that is gone and DNS says where', async () => {
  names.setRecords(txtRecords(NAME, [`central=127.0.0.1:${portOf(second)}`]))
  await central.end()
  await edge.answers('video.example', '192.0.2.99')
  await edge.connected()
  expect(names.asked).toContain(`${NAME} TXT`)
})

it('and the last one that it knew when DNS says nothing any more', async () => {
  names.setRecords({})
  const asked = names.asked.length
  await second.end()
  await until('DNS to be asked in vain', () => (names.asked.length > asked + 1 ? true : undefined))
  await second.start()
  await edge.connected()
  expect(await edge.addresses('video.example')).toBe('192.0.2.99')
})
