import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeCentral, sayGoodState } from '../support/fake-central.ts'
import { EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

let folder: TestFolder
let fake: FakeCentral
let edge: EdgeUnderTest

/** A central that tells its state and never answers Resolve: an unknown name waits a second. */
beforeEach(async () => {
  folder = new TestFolder()
  fake = new FakeCentral({
    onRequest: (stream, request) => {
      if (request.hello) sayGoodState(stream, 'log', 10)
    },
  })
  await fake.start()
  edge = new EdgeUnderTest(folder, 'sfo', () => fake.address)
  await edge.start()
  await edge.answers('video.example', '192.0.2.1')
})
afterEach(async () => {
  await edge.end('SIGKILL')
  fake.stop()
  folder.remove()
})

/** Asks for a name that waits for central; resolves when the edge has read the question. */
async function askSlowly(transport: 'udp' | 'tcp') {
  const answer = edge.ask('slow.example', 'A', transport).then(
    (response) => response.rcode,
    () => 'lost',
  )
  await until('the question to be in flight', async () =>
    (await edge.metric('meridian_edge_listen_in_flight', { proto: transport })) > 0
      ? true
      : undefined,
  )
  return { answer }
}

it.each(['udp', 'tcp'] as const)(
  'SIGTERM: what is in flight over %s is answered, then the edge ends with 0',
  async (transport) => {
    const slow = await askSlowly(transport)
    const ended = edge.program?.end('SIGTERM')
    expect(await slow.answer).toBe('SERVFAIL')
    expect(await ended).toMatchObject({ code: 0, signal: null })
  },
)

it('while it drains it is not ready, and takes no new questions', async () => {
  const slow = await askSlowly('udp')
  const ended = edge.program?.end('SIGTERM')
  await until('the edge to say that it drains', async () =>
    (await edge.get('/ready')).status === 503 ? true : undefined,
  )
  const late = edge.ask('video.example', 'A').then(
    () => 'answered',
    () => 'silent',
  )
  expect(await slow.answer).toBe('SERVFAIL')
  expect((await ended)?.code).toBe(0)
  expect(await late).toBe('silent')
})

it('a second signal ends it at once', async () => {
  const slow = await askSlowly('udp')
  const { program } = edge
  program?.process.kill('SIGTERM')
  await program?.logged('stopping')
  const startedAt = performance.now()
  expect((await program?.end('SIGTERM'))?.code).toBe(1)
  expect(performance.now() - startedAt).toBeLessThan(500)
  expect(await slow.answer).toBe('lost')
})
