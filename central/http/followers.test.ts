import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createLogger } from '../../shared/log.ts'
import { ManualClock } from '../../shared/clock.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { Registry } from '../registry/registry.ts'
import { FOLLOWERS_MAX, Followers } from './followers.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

interface Message {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string | undefined
}

/** Reads server-sent events from an answer, until a number of them is there. */
class Stream {
  readonly messages: Message[] = []
  readonly #response: IncomingMessage
  isEnded = false

  constructor(response: IncomingMessage) {
    this.#response = response
    let text = ''
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) this.messages.push(messageOf(part))
    })
    response.on('close', () => (this.isEnded = true))
  }

  get status(): number | undefined {
    return this.#response.statusCode
  }

  /** Waits for a condition on what has come. */
  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) await once(this.#response, this.isEnded ? 'end' : 'data')
  }

  async ended(): Promise<void> {
    if (!this.isEnded) await once(this.#response, 'close')
  }

  changes(): readonly string[] {
    return this.messages.flatMap(({ id, event }) => (event === 'change' && id ? [id] : []))
  }
}

function messageOf(text: string): Message {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf(': ')
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2))
  }
  return { id: fields.get('id'), event: fields.get('event'), data: fields.get('data') }
}

async function follow(url: string, query = '', headers = {}): Promise<Stream> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/v1/events/stream${query}`, { headers }, resolve).on('error', reject)
  })
  onTestFinished(() => void response.destroy())
  return new Stream(response)
}

async function putClusters(server: TestServer, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await server.call('PUT', `/v1/clusters/${id}`, { body: { latitude: 1, longitude: 2 } })
  }
}

test('what comes is told, with its version as the id', async () => {
  const server = await startServer()
  await putClusters(server, 'sfo')
  const stream = await follow(server.url)
  await putClusters(server, 'lhr', 'ewr')
  await stream.until(() => stream.changes().length === 2)
  expect(stream.changes()).toEqual(['2', '3'])
  const data = stream.messages.find(({ id }) => id === '2')?.data ?? ''
  expect(JSON.parse(data)).toMatchObject({
    version: 2,
    actor: 'ops',
    events: [{ cluster: { id: 'lhr' } }],
  })
})

test('a client that comes back with its last id misses nothing and gets nothing twice', async () => {
  const server = await startServer()
  await putClusters(server, 'a', 'b', 'c', 'd')
  const stream = await follow(server.url, '?after=0', { 'last-event-id': '2' })
  await stream.until(() => stream.changes().length === 2)
  await putClusters(server, 'e')
  await stream.until(() => stream.changes().length === 3)
  expect(stream.changes()).toEqual(['3', '4', '5'])
})

test('only what a client asks for is sent to it', async () => {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  const stream = await follow(server.url, '?after=0&app=video.example&type=endpoint-put')
  await putClusters(server, 'ewr')
  await server.call('PUT', '/v1/apps/video.example/endpoints/ewr', {
    body: { addresses: ['192.0.2.3'] },
  })
  await stream.until(() => stream.changes().length === 2)
  expect(stream.changes()).toEqual(['1', '3'])
  const data = stream.messages.find(({ id }) => id === '1')?.data ?? ''
  expect(JSON.parse(data)).toMatchObject({ omitted: 4 })
})

test('when central stops every stream ends, and says so', async () => {
  const server = await startServer()
  const stream = await follow(server.url)
  await server.stop()
  await stream.ended()
  const last = stream.messages.at(-1)
  expect(last?.event).toBe('end')
  expect(JSON.parse(last?.data ?? '{}')).toMatchObject({ reason: 'stopping', version: 0 })
})

test('a version that is not there yet, and an id that is none, are refused', async () => {
  const server = await startServer()
  const early = await server.call('GET', '/v1/events/stream?after=7')
  expect(problemIn(early)).toMatchObject({
    status: 404,
    detail: 'version 7 is not there yet, the newest is 0',
  })
  const wrong = await server.call('GET', '/v1/events/stream', { headers: { 'last-event-id': 'x' } })
  expect(problemIn(wrong).status).toBe(422)
})

test(`no more than ${FOLLOWERS_MAX} follow at once`, async () => {
  const server = await startServer()
  const streams = await Promise.all(Array.from({ length: FOLLOWERS_MAX }, () => follow(server.url)))
  expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]))
  const answer = await server.call('GET', '/v1/events/stream')
  expect(problemIn(answer).detail).toBe(`${FOLLOWERS_MAX} clients follow already, try again later`)
})

/** Followers behind a bare server, with times that a test can wait for. */
async function startFollowers(times: { heartbeatMs: number; stallMs: number }) {
  const registry = new Registry({ log: createMemoryLog(), clock: new ManualClock() })
  const followers = new Followers(registry, createLogger('silent', {}), times)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    followers.follow(response, 0, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    followers.stop()
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('no port')
  return { registry, followers, port: address.port }
}

test('without changes a comment shows that the stream lives, with the place to come back to', async () => {
  const { port } = await startFollowers({ heartbeatMs: 10, stallMs: 5_000 })
  const stream = await follow(`http://127.0.0.1:${port}`)
  await stream.until(() => stream.messages.filter(({ id }) => id === '0').length === 2)
  expect(stream.changes()).toEqual([])
})

test('a client that takes nothing is cut off, and nothing is kept for it', async () => {
  const { registry, followers, port } = await startFollowers({ heartbeatMs: 5_000, stallMs: 50 })
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: central.test\r\n\r\n')
  socket.pause()
  const live = await follow(`http://127.0.0.1:${port}`)
  const cities = Array.from({ length: 1_000 }, (_, i) => `${i}`.padStart(100, 'x'))
  let changes = 0
  while (followers.size > 1 || changes === 0) {
    const commands = cities.map((city, i) => ({
      type: 'put-cluster' as const,
      cluster: clusterSchema.parse({
        id: `c${i}`,
        latitude: 1,
        longitude: 2,
        city: `${city.slice(9)}${changes}`,
      }),
    }))
    await registry.submit({ plan: () => commands, actor: 'test', cause: 'test' })
    changes++
    // A log in memory answers at once: without it no socket would have its turn.
    await nextTurn()
    // Far more than the buffers of two sockets hold.
    expect(changes).toBeLessThan(2_000)
  }
  await live.until(() => live.changes().length === changes)
  expect(live.changes().at(-1)).toBe(String(changes))
})
