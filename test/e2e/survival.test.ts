import { appendFileSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

let folder: TestFolder
let central: CentralUnderTest
let edge: EdgeUnderTest

beforeEach(async () => {
  folder = new TestFolder()
  central = new CentralUnderTest(folder)
  await central.start()
  await central.apply(sampleManifest())
  edge = new EdgeUnderTest(folder, 'ewr', () => central.grpc)
  await edge.start()
  await edge.connected()
  await edge.answers('video.example', '192.0.2.1 192.0.2.2')
})
afterEach(async () => {
  await edge.end('SIGKILL')
  await central.end('SIGKILL')
  folder.remove()
})

async function readiness(): Promise<{ status: number; body: unknown }> {
  return edge.get('/ready')
}

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'central ends by %s: the edge answers what it knows, says so, and catches up by itself',
  async (signal) => {
    await central.end(signal)
    await until('the edge to notice', async () => {
      const { status, body } = await readiness()
      expect(status).toBe(200)
      return JSON.stringify(body).includes('central out of reach') ? true : undefined
    })
    expect(await edge.addresses('video.example')).toBe('192.0.2.1 192.0.2.2')
    // What it does not know, it cannot say, and it does not take long to say that.
    const startedAt = performance.now()
    expect(await edge.addresses('unknown.example')).toBe('SERVFAIL')
    expect(performance.now() - startedAt).toBeLessThan(1_500)

    await central.start()
    await central.call('DELETE', '/v1/apps/video.example/endpoints/sfo')
    await edge.answers('video.example', '198.51.100.1')
    await edge.answers('unknown.example', 'NXDOMAIN')
    expect((await readiness()).body).toMatchObject({ ready: true, degraded: false })
  },
)

it('what changes while the edge is cut off is told when it is back, never guessed', async () => {
  expect(await edge.addresses('nothing.example')).toBe('NXDOMAIN')
  await central.end('SIGKILL')
  const answersWhileDown = new Set<string>()
  for (let i = 0; i < 20; i++) answersWhileDown.add(await edge.addresses('video.example'))
  expect([...answersWhileDown]).toEqual(['192.0.2.1 192.0.2.2'])
  await central.start()
  await central.apply({
    apps: [{ name: 'nothing.example', endpoints: [{ cluster: 'ord', addresses: ['192.0.2.50'] }] }],
  })
  await edge.answers('nothing.example', '192.0.2.50')
})

describe('an edge that starts with central down', () => {
  it('answers from its snapshot, degraded and ready, after a kill too', async () => {
    await until('a snapshot', async () =>
      (await edge.metric('meridian_edge_replica_snapshots_total', { result: 'written' })) > 0
        ? true
        : undefined,
    )
    await until('the name in the snapshot', () =>
      readFileSync(folder.file('edge-ewr/replica.snapshot'), 'utf8').includes('video.example')
        ? true
        : undefined,
    )
    await central.end()
    await edge.end('SIGKILL')
    await edge.start()
    expect(await edge.addresses('video.example')).toBe('192.0.2.1 192.0.2.2')
    const { status, body } = await readiness()
    expect(status).toBe(200)
    expect(body).toMatchObject({ ready: true, degraded: true, replica: { source: 'snapshot' } })
    await central.start()
    await central.call('DELETE', '/v1/apps/video.example/endpoints/sfo')
    await edge.answers('video.example', '198.51.100.1')
  })

  it('refuses a damaged snapshot, counts it, and starts without', async () => {
    await central.end()
    await edge.end()
    appendFileSync(folder.file('edge-ewr/replica.snapshot'), 'x')
    await edge.start()
    expect(await edge.metric('meridian_edge_replica_snapshots_total', { result: 'refused' })).toBe(
      1,
    )
    expect(await edge.addresses('video.example')).toBe('SERVFAIL')
    const { status, body } = await readiness()
    expect(status).toBe(503)
    expect(body).toMatchObject({ ready: false })
    await central.start()
    await edge.answers('video.example', '192.0.2.1 192.0.2.2')
  })
})

it('no write that was acknowledged is lost when central is killed in the middle of writes', async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; ; i++) {
        const name = `w${round}-${writer}-${i}.example`
        try {
          await central.call('PUT', `/v1/apps/${name}`, {})
          acknowledged.push(name)
        } catch {
          return
        }
      }
    })
    await until('writes', () => (acknowledged.length > (round + 1) * 100 ? true : undefined))
    await central.end('SIGKILL')
    await Promise.all(writers)
    await central.start()
  }
  expect(acknowledged.length).toBeGreaterThan(300)
  for (const name of acknowledged) await central.call('GET', `/v1/apps/${name}`)
})

it('central restored from an old backup: the edge keeps its state until central is past it, then takes central for right', async () => {
  await central.end()
  cpSync(folder.file('central'), folder.file('backup'), { recursive: true })
  await central.start()
  await central.call('DELETE', '/v1/apps/video.example/endpoints/sfo')
  await central.call('PUT', '/v1/apps/lost.example', {})
  await edge.answers('video.example', '198.51.100.1')
  const version = await central.version()
  await until('the edge to be at the last version', async () =>
    (await edge.metric('meridian_edge_replica_version')) === version ? true : undefined,
  )
  await central.end()
  rmSync(folder.file('central'), { recursive: true })
  cpSync(folder.file('backup'), folder.file('central'), { recursive: true })
  await central.start()
  await until('the edge to reject the older central', async () =>
    (await edge.metric('meridian_edge_replica_rejects_total', { reason: 'old-version' })) > 0
      ? true
      : undefined,
  )
  expect(await edge.addresses('video.example')).toBe('198.51.100.1')
  // Another history: the same versions, and one more, with other content.
  for (let i = 0; (await central.version()) <= version; i++) {
    await central.call('PUT', `/v1/apps/other${i}.example`, {})
  }
  await edge.answers('video.example', '192.0.2.1 192.0.2.2')
})
