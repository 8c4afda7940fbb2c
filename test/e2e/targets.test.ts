import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = [
  new EdgeUnderTest(folder, 'sfo', () => central.grpc),
  new EdgeUnderTest(folder, 'ewr', () => central.grpc, { replica: { kind: 'full' } }),
]

type AppInput = NonNullable<ManifestInput['apps']>[number]
const name = 'shop.example'
const service = { alpn: ['h2', 'h3'] }
const addresses = { cluster: 'sfo', addresses: ['192.0.2.1', '2001:db8::1'], port: 443 }
const target = { cluster: 'ewr', target: 'shop.cdn.test' }

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [{ name, endpoints: [] }],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

async function put(more: Omit<AppInput, 'name'>): Promise<void> {
  await central.apply({ apps: [{ name, ...more }] })
}

const types = ['A', 'AAAA', 'SRV', 'SVCB', 'HTTPS', 'CNAME', 'MX', 'TXT']

/** The types of the records that each type is answered with, over both transports; `-` for none. */
async function shape(edge: EdgeUnderTest): Promise<string> {
  const shapes = await Promise.all(
    (['udp', 'tcp'] as const).map(async (transport) => {
      const found: string[] = []
      for (const type of types) {
        const { answers, rcode } = await edge.ask(name, type, transport)
        const records = answers.map((answer) => answer.type)
        found.push(rcode === 'NOERROR' ? records.join('+') || '-' : rcode)
      }
      return found.join(' ')
    }),
  )
  return [...new Set(shapes)].join(' or ')
}

/** Waits until both edges answer in a shape, San Francisco first; how they answer then. */
async function settled(...wanted: readonly [string, string]): Promise<readonly string[]> {
  const shapes: string[] = []
  for (const [i, edge] of edges.entries()) {
    let last = ''
    await until(`${edge.id} to answer ${wanted[i]}`, async () => {
      last = await shape(edge)
      return last === wanted[i] ? true : undefined
    }).catch((err: unknown) => {
      throw new Error(`${String(err)}; it was ${last}`)
    })
    shapes.push(last)
  }
  return shapes
}

const alias = types.map(() => 'CNAME').join(' ')
const plain = 'A AAAA SRV - - - - -'
const full = 'A AAAA SRV UNKNOWN_64 UNKNOWN_65 - - -'

it('each edge answers with its own endpoint: addresses there, another name here', async () => {
  await put({ endpoints: [addresses, target] })
  await settled(plain, alias)
  const { answers } = await (edges[1] ?? fail()).ask(name, 'HTTPS')
  expect(answers).toMatchObject([{ type: 'CNAME', name, data: 'shop.cdn.test', ttl: 30 }])
})

it('what an endpoint turns into, all types turn into at once, and back', async () => {
  await put({ endpoints: [target] })
  await settled(alias, alias)
  await put({ endpoints: [addresses], service })
  await settled(full, full)
  await put({ endpoints: [{ ...addresses, port: undefined }] })
  await settled('A AAAA - - - - - -', 'A AAAA - - - - - -')
  await put({ endpoints: [target], service })
  await settled(alias, alias)
  await put({ endpoints: [] })
  const nothing = '- - - - - - - -'
  expect(await settled(nothing, nothing)).toEqual([nothing, nothing])
})

it('explain shows the records as a zone file has them', async () => {
  const edge = edges[0] ?? fail()
  await put({ endpoints: [addresses, target], service })
  await settled(full, alias)
  const explain = async (type: string, at = edge): Promise<unknown> => {
    const { body } = await at.get(`/v1/explain?name=${name}&type=${type}`)
    return isRecord(body) && isRecord(body['answer']) ? body['answer']['records'] : body
  }
  expect(await explain('HTTPS')).toEqual([
    'shop.example. 30 IN HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
  ])
  expect(await explain('SRV')).toEqual(['shop.example. 30 IN SRV 0 100 443 shop.example.'])
  expect(await explain('MX')).toEqual([])
  expect(await explain('MX', edges[1])).toEqual(['shop.example. 30 IN CNAME shop.cdn.test.'])
  const { body } = await edge.get(`/v1/explain?name=${name}&type=A`)
  expect(body).toMatchObject({
    endpoints: [{ cluster: 'sfo' }, { cluster: 'ewr', addresses: [], target: 'shop.cdn.test.' }],
  })
})

it('an edge that starts from its snapshot answers as before', async () => {
  await put({ endpoints: [{ ...addresses, port: 8443 }, target], service })
  await settled(full, alias)
  const version = await central.version()
  for (const edge of edges) {
    await until('the snapshot to be written', async () =>
      (await edge.metric('meridian_edge_replica_version')) >= version ? true : undefined,
    )
    await edge.end()
  }
  await central.end()
  await Promise.all(edges.map((edge) => edge.start()))
  expect(await settled(full, alias)).toEqual([full, alias])
})

function fail(): never {
  throw new Error('no such edge')
}
