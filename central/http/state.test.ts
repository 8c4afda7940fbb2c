import { expect, it, test } from 'vitest'
import { z } from 'zod'
import { createMemoryLog } from '../log/memory-log.ts'
import type { EventLog } from '../log/event-log.ts'
import { damaged } from '../log/log-errors.ts'
import { stateHash } from '../model/state-hash.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'

const stateSchema = z.looseObject({
  version: z.number(),
  stateHash: z.string().optional(),
  manifest: z.record(z.string(), z.array(z.unknown())),
})

test('the state of a version can be applied elsewhere, and gives the same again', async () => {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  const hash = stateHash(server.registry.state)
  await server.call('DELETE', '/v1/apps/video.example')
  const { body } = await server.call('GET', '/v1/state?at=1&hash=true')
  const then = stateSchema.parse(body)
  expect([then.version, then.stateHash]).toEqual([1, hash])

  const other = await startServer()
  await other.call('POST', '/v1/changes', { body: then.manifest })
  const now = stateSchema.parse((await other.call('GET', '/v1/state?hash=true')).body)
  expect([now.stateHash, now.manifest]).toEqual([hash, then.manifest])
})

it.each([
  ['?at=2', 404, 'version 2 is not there yet, the newest is 1'],
  ['?at=1999-01-01T00:00:00Z', 404, 'history begins with version 1'],
  ['?at=then', 422, 'is neither a version such as 42 nor a time'],
])('/v1/state%s is refused', async (query, status, detail) => {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  const problem = problemIn(await server.call('GET', `/v1/state${query}`))
  expect(problem.status).toBe(status)
  expect(problem.detail).toContain(detail)
})

test('a log that is whole is found so, and folds to the state that is served', async () => {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  await server.call('DELETE', '/v1/apps/video.example')
  const { body } = await server.call('POST', '/v1/log/verify?state=true')
  const live = stateHash(server.registry.state)
  const { logHash } = server.registry
  expect(body).toEqual({
    ok: true,
    version: 2,
    hash: logHash,
    events: 7,
    stateHash: live,
    liveStateHash: live,
  })
})

test('a log that is damaged in the middle is told, with the first version that is', async () => {
  const log = createMemoryLog()
  let isDamaged = false
  const rotten: EventLog = {
    id: log.id,
    get head() {
      return log.head
    },
    append: (head, changes) => log.append(head, changes),
    hashAt: (version) => log.hashAt(version),
    follow: (listener) => log.follow(listener),
    close: () => log.close(),
    *read(after) {
      for (const record of log.read(after)) {
        if (isDamaged && record.version === 3) throw damaged('events.sqlite', 3, 'a byte is wrong')
        yield record
      }
    },
  }
  const server = await startServer({ log: rotten })
  for (const id of ['a', 'b', 'c', 'd']) {
    await server.call('PUT', `/v1/clusters/${id}`, { body: { latitude: 1, longitude: 1 } })
  }
  isDamaged = true
  const { status, body } = await server.call('POST', '/v1/log/verify')
  expect(status).toBe(200)
  expect(body).toEqual({
    ok: false,
    version: 3,
    detail: 'events.sqlite: the log is damaged at version 3: a byte is wrong',
  })
})

test('to verify the log needs a token', async () => {
  const server = await startServer()
  expect((await server.call('POST', '/v1/log/verify', { anonymous: true })).status).toBe(401)
})
