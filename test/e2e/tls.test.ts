import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCertificate } from '../../shared/certificate.fixture.ts'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const folder = new TestFolder()
const write = (name: string) => {
  const { cert, key } = createCertificate()
  return { cert: folder.write(`${name}.crt`, cert), key: folder.write(`${name}.key`, key) }
}
const centralPair = write('central')
const edgePair = write('edge')
const strangerPair = write('stranger')

const central = new CentralUnderTest(folder, {
  grpc: { tls: { ...centralPair, clientCa: edgePair.cert } },
})

beforeAll(async () => {
  await central.start()
  await central.apply(sampleManifest())
})
afterAll(async () => {
  await central.end()
  folder.remove()
})

it('mutual TLS: an edge with a certificate that central trusts is served', async () => {
  const edge = new EdgeUnderTest(folder, 'ewr', () => central.grpc, {
    central: { tls: { ca: centralPair.cert, ...edgePair } },
  })
  await edge.start()
  try {
    await edge.answers('video.example', '192.0.2.1 192.0.2.2')
    expect(await edge.metric('meridian_edge_replica_connects_total')).toBe(1)
  } finally {
    await edge.end()
  }
})

it.each([
  ['with a certificate that central does not trust', { ca: centralPair.cert, ...strangerPair }],
  ['without a certificate', { ca: centralPair.cert }],
  ['that does not trust central', { ca: strangerPair.cert, ...edgePair }],
])('mutual TLS: an edge %s stays outside, and says that it is', async (_what, tls) => {
  const edge = new EdgeUnderTest(folder, 'lhr', () => central.grpc, { central: { tls } })
  await edge.start()
  try {
    await until('the edge to have tried', async () =>
      (await edge.metric('meridian_edge_replica_disconnects_total')) > 1 ? true : undefined,
    )
    expect(await edge.addresses('video.example')).toBe('SERVFAIL')
    expect((await edge.get('/ready')).status).toBe(503)
    expect(await edge.metric('meridian_edge_replica_connects_total')).toBe(0)
  } finally {
    await edge.end()
  }
})
