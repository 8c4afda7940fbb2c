import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'

describe.each(['on-demand', 'full'] as const)('a mesh with replica %s', (kind) => {
  const folder = new TestFolder()
  const central = new CentralUnderTest(folder)
  const create = (id: string): EdgeUnderTest =>
    new EdgeUnderTest(folder, id, () => central.grpc, { replica: { kind, snapshotSeconds: 1 } })
  const sfo = create('sfo')
  const ewr = create('ewr')
  const edges = [sfo, ewr]

  beforeAll(async () => {
    await central.start()
    await central.apply(sampleManifest())
    await Promise.all(edges.map((edge) => edge.start()))
    await Promise.all(edges.map((edge) => edge.connected()))
    // A full replica is there when its first name is.
    await Promise.all(edges.map((edge) => edge.answers('deep.below.example', '192.0.2.77')))
  })
  afterAll(async () => {
    await Promise.all(edges.map((edge) => edge.end()))
    await central.end()
    folder.remove()
  })

  it('an edge whose own cluster is listed answers with it, A and AAAA', async () => {
    expect(await sfo.addresses('video.example')).toBe('192.0.2.1 192.0.2.2')
    expect(await sfo.addresses('video.example', 'AAAA')).toBe('2001:db8::1')
  })

  it('an edge whose own cluster is not listed answers with the nearest that is', async () => {
    // Newark: San Francisco is 4,100 km away, London 5,600, Tokyo 10,800.
    expect(await ewr.addresses('video.example')).toBe('192.0.2.1 192.0.2.2')
  })

  it('answers over TCP as over UDP', async () => {
    const udp = await sfo.ask('video.example', 'A', 'udp')
    const tcp = await sfo.ask('video.example', 'A', 'tcp')
    expect(tcp.answers).toEqual(udp.answers)
  })

  it('sets AA, a sane TTL, and no section that is not needed', async () => {
    const { aa, ra, ad, answers, authorities, additionals } = await sfo.ask('VIDEO.example', 'A')
    expect({ aa, ra, ad }).toEqual({ aa: true, ra: false, ad: false })
    expect(answers.map((answer) => [answer.name, 'ttl' in answer ? answer.ttl : 0])).toEqual([
      ['VIDEO.example', 30],
      ['VIDEO.example', 30],
    ])
    expect(authorities).toEqual([])
    expect(additionals).toEqual([])
  })

  it.each([
    ['a type that the app has not', 'video.example', 'MX', 'NOERROR'],
    ['an empty non-terminal', 'below.example', 'A', 'NOERROR'],
    ['a type that the apex has not', 'example', 'A', 'NOERROR'],
    ['a name that does not exist', 'nothing.example', 'A', 'NXDOMAIN'],
  ])('%s: the SOA, with the negative TTL', async (_what, qname, qtype, rcode) => {
    const response = await sfo.ask(qname, qtype)
    expect(response.rcode).toBe(rcode)
    expect(response.aa).toBe(true)
    expect(response.answers).toEqual([])
    expect(response.authorities).toHaveLength(1)
    const [soa] = response.authorities
    expect(soa).toMatchObject({ type: 'SOA', name: 'example', ttl: 60 })
  })

  it('a name outside every zone of the mesh is refused', async () => {
    const response = await sfo.ask('www.example.org', 'A')
    expect(response).toMatchObject({ rcode: 'REFUSED', aa: false, answers: [], authorities: [] })
  })

  it('answers SOA and NS at the apex', async () => {
    const soa = await sfo.ask('example', 'SOA')
    expect(soa.answers).toMatchObject([{ type: 'SOA', data: { mname: 'ns.example' } }])
    const ns = await sfo.ask('example', 'NS')
    expect(ns.answers).toMatchObject([{ type: 'NS', data: 'ns.example' }])
  })
})
