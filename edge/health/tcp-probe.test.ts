import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { TestServers, closedPort, probeOnce, targetOf } from './probe-fixture.ts'

const servers = new TestServers()

it('is good when somebody accepts', async () => {
  // A server that reads sees the end and closes its side.
  const port = await servers.listen(createServer((socket) => void socket.resume()))
  expect(await probeOnce({ type: 'tcp' }, targetOf(port))).toEqual({ ok: true })
})

it('is bad when nobody listens', async () => {
  const port = await closedPort(createServer)
  expect(await probeOnce({ type: 'tcp' }, targetOf(port))).toEqual({
    ok: false,
    detail: 'connection refused',
  })
})

it('takes the port of the check before that of the endpoint', async () => {
  const open = await servers.listen(createServer((socket) => void socket.resume()))
  const closed = await closedPort(createServer)
  expect((await probeOnce({ type: 'tcp', port: open }, targetOf(closed))).ok).toBe(true)
  expect((await probeOnce({ type: 'tcp', port: closed }, targetOf(open))).ok).toBe(false)
})

it('knows nothing without a port', async () => {
  expect(await probeOnce({ type: 'tcp' }, targetOf(undefined))).toEqual({
    ok: 'unknown',
    detail: 'no port: neither the check nor the endpoint names one',
  })
})

it('is bad when the time is up before there is a connection', async () => {
  const port = await servers.listen(createServer((socket) => void socket.resume()))
  const controller = new AbortController()
  const result = probeOnce({ type: 'tcp' }, targetOf(port), { signal: controller.signal })
  controller.abort()
  const late = { ok: false, detail: 'no connection within 2000 ms' }
  expect(await result).toEqual(late)
  expect(await probeOnce({ type: 'tcp' }, targetOf(port), { signal: controller.signal })).toEqual(
    late,
  )
})
