import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { CentralUnderTest } from '../../support/mesh.ts'
import { EdgeUnderTest } from '../../support/mesh.ts'
import { isRecord, until } from '../../support/program.ts'
import { BROKER_START_MS } from './broker.ts'
import { agreement, KafkaMesh } from './mesh.ts'

const APP = '/v1/apps/checked.example./health'

const mesh = new KafkaMesh()
const edges: EdgeUnderTest[] = []
beforeAll(() => mesh.startBroker(), BROKER_START_MS)
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.end('SIGKILL')
  await mesh.endCentrals()
})
afterAll(() => mesh.end())

async function isOnDuty(central: CentralUnderTest): Promise<boolean> {
  const page = await (await central.call('GET', '/metrics')).text()
  return /^meridian_central_duty_on 1$/m.test(page)
}

async function onDuty(centrals: readonly CentralUnderTest[]): Promise<CentralUnderTest> {
  return until('one central to have the duty', async () => {
    const found: CentralUnderTest[] = []
    for (const central of centrals) if (await isOnDuty(central)) found.push(central)
    return found.length === 1 ? found[0] : undefined
  })
}

async function hasState(central: CentralUnderTest, state: string): Promise<void> {
  let last = ''
  await until(`the endpoint to be ${state}`, async () => {
    const page: unknown = await (await central.call('GET', APP)).json()
    const items = isRecord(page) && Array.isArray(page['items']) ? page['items'] : []
    last = JSON.stringify(items)
    return isRecord(items[0]) && items[0]['state'] === state ? true : undefined
  }).catch((err: unknown) => {
    throw new Error(`${String(err)}; it is ${last}`)
  })
}

test('edges of two centrals come to one verdict; when the central with the duty is killed the other goes on', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const centrals = await mesh.startCentrals('duty', 2)
  const check = { type: 'tcp', intervalMs: 500, timeoutMs: 400, rise: 1, fall: 1 }
  await centrals[0]?.call('POST', '/v1/changes', {
    clusters: [
      { id: 'sfo', latitude: 37.6, longitude: -122.4 },
      { id: 'lhr', latitude: 51.5, longitude: -0.5 },
    ],
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [
      {
        name: 'checked.example',
        health: { check },
        endpoints: [{ cluster: 'sfo', addresses: ['127.0.0.1'], port }],
      },
    ],
  })
  await agreement(centrals)
  for (const [i, id] of ['sfo', 'lhr'].entries()) {
    const edge = new EdgeUnderTest(mesh.folder, id, () => {
      const own = centrals[i]?.grpc ?? ''
      return [own, ...centrals.map(({ grpc }) => grpc).filter((grpc) => grpc !== own)]
    })
    edges.push(edge)
    await edge.start()
    await edge.connected()
  }
  const holder = await onDuty(centrals)
  const other = centrals.find((central) => central !== holder)
  if (other === undefined) throw new Error('there is one central only')
  for (const central of centrals) await hasState(central, 'up')
  const { version } = await agreement(centrals)

  server.close()
  await once(server, 'close')
  for (const central of centrals) await hasState(central, 'down')
  // A verdict is one change; two centrals that contradict each other write hundreds in this time.
  expect((await agreement(centrals)).version).toBeLessThan(version + 5)

  await holder.end('SIGKILL')
  expect(await onDuty([other])).toBe(other)
  const again = createServer((socket) => socket.end()).listen(port, '127.0.0.1')
  await once(again, 'listening')
  await hasState(other, 'up')
  again.close()
}, 90_000)
