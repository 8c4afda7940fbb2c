import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeQuery, openTcp } from '../support/dns-client.ts'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'

const CALLS = 'meridian_edge_replica_resolve_duration_seconds_count'
const COALESCED = 'meridian_edge_replica_resolve_coalesced_total'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edge = new EdgeUnderTest(folder, 'ewr', () => central.grpc)

beforeAll(async () => {
  await central.start()
  await central.apply(sampleManifest())
  await edge.start()
  await edge.connected()
})
afterAll(async () => {
  await edge.end()
  await central.end()
  folder.remove()
})

it('a known name never asks central again: present, absent, NODATA, any type, any case', async () => {
  const questions = [
    ['video.example', 'A'],
    ['video.example', 'AAAA'],
    ['VIDEO.EXAMPLE', 'A'],
    ['video.example', 'TXT'],
    ['nothing.example', 'A'],
    ['below.example', 'A'],
  ] as const
  for (const [qname, qtype] of questions) await edge.ask(qname, qtype)
  const calls = await edge.metric(CALLS)
  expect(calls).toBe(3)
  for (let i = 0; i < 50; i++) {
    for (const [qname, qtype] of questions) await edge.ask(qname, qtype)
  }
  expect(await edge.metric(CALLS)).toBe(calls)
})

it('however many ask for an unknown name at the same time, central is asked once', async () => {
  const before = await edge.metric(CALLS)
  await central.apply({
    apps: [{ name: 'rush.example', endpoints: [{ cluster: 'ord', addresses: ['192.0.2.4'] }] }],
  })
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => edge.addresses('rush.example')),
  )
  expect(new Set(answers)).toEqual(new Set(['192.0.2.4']))
  expect((await edge.metric(CALLS)) - before).toBe(1)
})

it('queries that come while central is asked wait for that one answer', async () => {
  const before = { calls: await edge.metric(CALLS), coalesced: await edge.metric(COALESCED) }
  // Over one connection, so that they are there before central can have answered the first.
  const client = await openTcp(edge.dns)
  for (let id = 0; id < 100; id++) {
    client.send(encodeQuery({ qname: 'piped.example', qtype: 'A', id }))
  }
  const ids = new Set<number | undefined>()
  for (let i = 0; i < 100; i++) ids.add((await client.receive(5_000))?.readUInt16BE(0))
  client.close()
  expect(ids.size).toBe(100)
  expect((await edge.metric(CALLS)) - before.calls).toBe(1)
  expect((await edge.metric(COALESCED)) - before.coalesced).toBeGreaterThan(0)
})

it('a name outside the mesh asks nobody', async () => {
  const before = await edge.metric(CALLS)
  for (let i = 0; i < 20; i++) expect(await edge.addresses(`n${i}.example.org`)).toBe('REFUSED')
  expect(await edge.metric(CALLS)).toBe(before)
})

it('names that had to make room are asked for again, and kept current again', async () => {
  const small = new EdgeUnderTest(folder, 'lhr', () => central.grpc, {
    replica: { namesMax: 100, snapshotSeconds: 1 },
  })
  await small.start()
  await small.connected()
  try {
    expect(await small.addresses('video.example')).toBe('198.51.100.1')
    const apps = Array.from({ length: 150 }, (_, i) => ({
      name: `filler${i}.example`,
      endpoints: [{ cluster: 'lhr', addresses: ['192.0.2.5'] }],
    }))
    await central.apply({ apps })
    for (const { name } of apps) expect(await small.addresses(name)).toBe('192.0.2.5')
    expect(await small.metric('meridian_edge_replica_names')).toBe(100)
    expect(await small.addresses('video.example')).toBe('198.51.100.1')
    await central.call('DELETE', '/v1/apps/video.example/endpoints/lhr')
    await small.answers('video.example', '192.0.2.1 192.0.2.2')
  } finally {
    await small.end()
  }
})
