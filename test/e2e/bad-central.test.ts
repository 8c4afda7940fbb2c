import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { FakeCentral, sayGoodState } from '../support/fake-central.ts'
import type { FakeStream } from '../support/fake-central.ts'
import { EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const REJECTS = 'meridian_edge_replica_rejects_total'

let folder: TestFolder
let fake: FakeCentral
let edge: EdgeUnderTest
/** What the fake says once the edge has said Hello for the second time and on. */
let nonsense: (stream: FakeStream) => void

beforeEach(async () => {
  folder = new TestFolder()
  let hellos = 0
  fake = new FakeCentral({
    onRequest: (stream, request) => {
      if (!request.hello) return
      hellos++
      if (hellos === 1) sayGoodState(stream, 'log', 10)
      else nonsense(stream)
    },
  })
  await fake.start()
  edge = new EdgeUnderTest(folder, 'sfo', () => fake.address, { replica: { kind: 'full' } })
  nonsense = () => undefined
  await edge.start()
  await edge.answers('video.example', '192.0.2.1')
})
afterEach(async () => {
  await edge.end('SIGKILL')
  fake.stop()
  folder.remove()
})

const welcome = (more: object = {}): WatchResponse => ({
  welcome: { protocol: 1, session: 's', logId: 'log', version: 10, fullState: false, ...more },
})
const change = (more: object): WatchResponse => ({ change: { version: 11, ...more } })

const cases: readonly (readonly [string, readonly WatchResponse[], string])[] = [
  ['another protocol', [welcome({ protocol: 99 })], 'protocol'],
  ['an older version of the same log', [welcome({ version: 3 })], 'old-version'],
  ['changes of a log that was not asked for', [welcome({ logId: 'other' })], 'invalid'],
  ['a welcome without a session', [welcome({ session: '' })], 'invalid'],
  ['a change before the welcome', [change({})], 'invalid'],
  [
    'a part that is not the first',
    [welcome(), { part: { last: true, change: { version: 11 } } }],
    'invalid',
  ],
  ['a version that goes back', [welcome(), { change: { version: 4 } }], 'invalid'],
  [
    'a cluster off the globe',
    [welcome(), change({ clusters: [{ id: 'x', latitude: 95, longitude: 0 }] })],
    'invalid',
  ],
  ['a zone that is not a name', [welcome(), change({ zones: [{ apex: 'a..b.' }] })], 'invalid'],
  ['a zone without SOA', [welcome(), change({ zones: [{ apex: 'a.' }] })], 'invalid'],
  [
    'an app without an app',
    [welcome(), change({ names: [{ name: 'a.', kind: 'APP' }] })],
    'invalid',
  ],
  [
    'a policy that the edge does not know',
    [welcome(), change({ names: [{ name: 'a.', kind: 'APP', app: { policy: 'magic' } }] })],
    'invalid',
  ],
  [
    'an address that is none',
    [
      welcome(),
      change({
        names: [
          {
            name: 'video.example.',
            kind: 'APP',
            app: { policy: 'nearest', endpoints: [{ cluster: 'sfo', addresses: ['1.2.3'] }] },
          },
        ],
      }),
    ],
    'invalid',
  ],
]

it.each(cases)(
  'a central that says %s: the edge keeps its state and counts it',
  async (_what, says, reason) => {
    nonsense = (stream) => {
      for (const message of says) stream.write(message)
    }
    fake.streams[0]?.end()
    await until('the edge to reject it', async () =>
      (await edge.metric(REJECTS, { reason })) > 0 ? true : undefined,
    )
    expect(await edge.addresses('video.example')).toBe('192.0.2.1')
    // It comes back for a better one, and takes it.
    nonsense = (stream) => sayGoodState(stream, 'log', 12)
    await until('the edge to be connected again', async () =>
      (await edge.metric('meridian_edge_replica_version')) === 12 ? true : undefined,
    )
  },
)

describe('a central that takes the connection and says nothing', () => {
  it('costs a client one second, then SERVFAIL; the edge tries the next central', async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const bound = silent.address()
    const port = typeof bound === 'object' ? bound?.port : undefined
    const onDemand = new EdgeUnderTest(folder, 'ewr', () => [fake.address, `127.0.0.1:${port}`])
    nonsense = (stream) => sayGoodState(stream, 'log', 12)
    await onDemand.start()
    try {
      await onDemand.answers('video.example', '192.0.2.1')
      // The fake never answers Resolve.
      const startedAt = performance.now()
      const response = await onDemand.ask('slow.example', 'A')
      const tookMs = performance.now() - startedAt
      expect(response.rcode).toBe('SERVFAIL')
      expect(response.edns?.options.map(({ code }) => code)).toContain(15)
      expect(tookMs).toBeGreaterThan(900)
      expect(tookMs).toBeLessThan(1_800)
      // RFC 9520: the failure is remembered for a moment, so the next client is told at once.
      const againAt = performance.now()
      expect(await onDemand.addresses('slow.example')).toBe('SERVFAIL')
      expect(performance.now() - againAt).toBeLessThan(500)
    } finally {
      await onDemand.end('SIGKILL')
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
  })
})
