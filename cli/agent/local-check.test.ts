import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLocalCheck } from './local-check.ts'
import type { CheckResult } from './local-check.ts'

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('it has no port')
  return address.port
}

async function listenHttp(answer: RequestListener): Promise<number> {
  const server = createHttpServer(answer)
  onTestFinished(() => server.closeAllConnections())
  return listen(server)
}

const look = (check: string, port: number): Promise<CheckResult> =>
  createLocalCheck(check, port, 200)(new AbortController().signal)

async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a check by tcp', () => {
  it('is good when a connection comes about', async () => {
    const port = await listen(createServer((socket) => socket.resume()))
    expect(await look('tcp', port)).toEqual({ ok: true, detail: 'connected' })
  })

  it('is bad when nothing listens', async () => {
    const { ok, detail } = await look('tcp', await closedPort())
    expect([ok, detail]).toEqual([false, expect.stringContaining('ECONNREFUSED')])
  })
})

describe('a check by http', () => {
  it.each([
    [200, true],
    [204, true],
    [302, true],
    [404, false],
    [503, false],
  ])('of status %i is good: %s', async (status, ok) => {
    const port = await listenHttp((_request, response) => response.writeHead(status).end())
    expect(await look('http', port)).toEqual({ ok, detail: String(status) })
  })

  it('asks for the path', async () => {
    const asked: (string | undefined)[] = []
    const port = await listenHttp(({ url }, response) => {
      asked.push(url)
      response.end()
    })
    await look('http', port)
    await look('http:/health?full=1', port)
    expect(asked).toEqual(['/', '/health?full=1'])
  })

  it('is bad when the service hangs', async () => {
    const port = await listenHttp(() => undefined)
    expect(await look('http', port)).toEqual({ ok: false, detail: 'no answer within 200 ms' })
  })

  it('is good as soon as the status is there, however long the body is', async () => {
    const port = await listenHttp((_request, response) => response.write('the beginning'))
    expect(await look('http', port)).toEqual({ ok: true, detail: '200' })
  })

  it('is bad when what answers is not HTTP', async () => {
    const port = await listen(createServer((socket) => socket.end('hello\r\n\r\n')))
    expect((await look('http', port)).ok).toBe(false)
  })
})
