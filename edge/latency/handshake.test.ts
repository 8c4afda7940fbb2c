import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { Clock } from '../../shared/clock.ts'
import { systemClock } from '../../shared/clock.ts'
import { TestServers, closedPort } from '../health/probe-fixture.ts'
import type { HandshakeResult } from './handshake.ts'
import { createHandshake } from './handshake.ts'
import { SilentServer } from './silent-server.fixture.ts'

const servers = new TestServers()
const silent: SilentServer[] = []
afterEach(async () => {
  for (const server of silent.splice(0)) await server.end()
})

/** Tries a handshake with a port of loopback, in real time. */
function shake(
  port: number,
  { signal = AbortSignal.timeout(5_000), address = '127.0.0.1', clock = systemClock } = {},
): Promise<HandshakeResult> {
  return createHandshake(clock, 5_000)({ address, port }, signal)
}

/** A clock that goes on by 1 ms whenever it is looked at. */
function countingClock(): Clock {
  let now = 0
  return { nowMs: () => now++, epochMs: () => now }
}

it('takes the time until somebody accepts', async () => {
  const port = await servers.listen(createServer((socket) => void socket.resume()))
  const begunAt = systemClock.nowMs()
  const result = await shake(port)
  const most = systemClock.nowMs() - begunAt
  expect(result).toMatchObject({ ok: true })
  expect(result.ok === true && result.ms > 0 && result.ms <= most).toBe(true)
})

it('takes a refusal for an answer as well', async () => {
  const port = await closedPort(createServer)
  const begunAt = systemClock.nowMs()
  const result = await shake(port)
  const most = systemClock.nowMs() - begunAt
  expect(result).toMatchObject({ ok: true })
  expect(result.ok === true && result.ms > 0 && result.ms <= most).toBe(true)
})

it('counts from the system call, not from what the turn still does before it', async () => {
  const port = await closedPort(createServer)
  const clock = countingClock()
  const result = shake(port, { clock })
  for (let i = 0; i < 1_000; i++) clock.nowMs()
  expect(await result).toEqual({ ok: true, ms: 1 })
})

it('has no answer from who lets SYNs fall', async () => {
  const server = new SilentServer()
  silent.push(server)
  const port = await server.start()
  const handshake = createHandshake(systemClock, 200)
  const signal = AbortSignal.timeout(200)
  expect(await handshake({ address: '127.0.0.1', port }, signal)).toEqual({
    ok: false,
    detail: 'no connection within 200 ms',
  })
})

it('ends at once when it is called off', async () => {
  const server = new SilentServer()
  silent.push(server)
  const controller = new AbortController()
  const port = await server.start()
  const begunAt = systemClock.nowMs()
  const result = shake(port, { signal: controller.signal })
  controller.abort()
  expect(await result).toMatchObject({ ok: false })
  expect(await shake(port, { signal: controller.signal })).toMatchObject({ ok: false })
  expect(systemClock.nowMs() - begunAt).toBeLessThan(2_000)
})

it('holds nothing against the cluster for what this edge lacks', async () => {
  // A port that does not exist: the system is never asked.
  expect(await shake(70_000)).toMatchObject({ ok: 'unknown' })
})
