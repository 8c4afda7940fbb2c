import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { TestServers, probeOnce, targetOf } from './probe-fixture.ts'
import { BODY_MAX_BYTES } from './text-finder.ts'

const servers = new TestServers()

async function probe(given: object, answer: RequestListener): ReturnType<typeof probeOnce> {
  const port = await servers.listen(createServer(answer))
  return probeOnce({ type: 'http', ...given }, targetOf(port))
}

describe('status', () => {
  it.each([
    { status: 200, wanted: undefined, isGood: true },
    { status: 302, wanted: undefined, isGood: true },
    { status: 404, wanted: undefined, isGood: false },
    { status: 500, wanted: undefined, isGood: false },
    { status: 404, wanted: ['404'], isGood: true },
    { status: 200, wanted: ['404'], isGood: false },
    { status: 204, wanted: ['100-199', '204-205'], isGood: true },
    { status: 206, wanted: ['100-199', '204-205'], isGood: false },
  ])('$status, wanted $wanted: good is $isGood', async ({ status, wanted, isGood }) => {
    const result = await probe(wanted === undefined ? {} : { status: wanted }, (_, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    expect(result).toEqual(isGood ? { ok: true } : { ok: false, detail: `status ${status}` })
  })

  it('a redirect is not followed', async () => {
    const paths: (string | undefined)[] = []
    await probe({ path: '/first' }, (request, response) => {
      paths.push(request.url)
      response.writeHead(302, { location: '/second' }).end()
    })
    expect(paths).toEqual(['/first'])
  })

  it('101 takes the connection over, and is an answer like others', async () => {
    const server = createServer()
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n')
      socket.resume()
      socket.on('end', () => socket.end())
    })
    const port = await servers.listen(server)
    const check = { type: 'http', headers: { connection: 'upgrade', upgrade: 'a' } } as const
    expect((await probeOnce({ ...check, status: ['101'] }, targetOf(port))).ok).toBe(true)
    expect(await probeOnce(check, targetOf(port))).toEqual({ ok: false, detail: 'status 101' })
  })
})

describe('request', () => {
  async function seen(given: object): Promise<IncomingMessage | undefined> {
    let received: IncomingMessage | undefined
    await probe(given, (request, response) => {
      received = request
      response.end()
    })
    return received
  }

  it('asks for / with GET by the name of the app', async () => {
    const request = await seen({})
    expect(request).toMatchObject({ method: 'GET', url: '/' })
    expect(request?.headers).toMatchObject({ host: 'app.example.org', connection: 'close' })
  })

  it('asks as the check says', async () => {
    const request = await seen({
      method: 'POST',
      path: '/health?deep=1',
      host: 'other.example.org:8080',
      headers: { 'X-Token': 'abc', 'User-Agent': 'probe' },
    })
    expect(request).toMatchObject({ method: 'POST', url: '/health?deep=1' })
    expect(request?.headers).toMatchObject({
      host: 'other.example.org:8080',
      'x-token': 'abc',
      'user-agent': 'probe',
      'content-length': '0',
    })
  })
})

describe('body', () => {
  const text = 'all is well'

  it.each([
    { body: text, isGood: true },
    { body: `<p>${text}</p>`, isGood: true },
    { body: 'nothing is well', isGood: false },
    { body: '', isGood: false },
    { body: `${'x'.repeat(BODY_MAX_BYTES - text.length)}${text}`, isGood: true },
  ])('is looked through: good is $isGood', async ({ body, isGood }) => {
    const result = await probe({ bodyContains: text }, (_, response) => response.end(body))
    expect(result).toEqual(
      isGood ? { ok: true } : { ok: false, detail: 'the text is not in the body' },
    )
  })

  it('is looked through up to 64 KiB', async () => {
    const result = await probe({ bodyContains: text }, (_, response) => {
      response.end(`${'x'.repeat(BODY_MAX_BYTES - text.length + 1)}${text}`)
    })
    expect(result).toEqual({
      ok: false,
      detail: 'the text is not in the first 65536 octets of the body',
    })
  })

  it('ends when its text has come, though the server goes on', async () => {
    const result = await probe({ bodyContains: text }, (_, response) => response.write(text))
    expect(result).toEqual({ ok: true })
  })

  it('that ends with the connection, without a length, counts', async () => {
    const port = await servers.listen(
      createTcpServer((socket) => {
        socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${text}`))
      }),
    )
    const check = { type: 'http', bodyContains: text } as const
    expect(await probeOnce(check, targetOf(port))).toEqual({ ok: true })
    expect((await probeOnce({ ...check, bodyContains: 'more' }, targetOf(port))).ok).toBe(false)
  })

  it('that is cut off is bad', async () => {
    const result = await probe({ bodyContains: text }, (_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('all', () => response.destroy())
    })
    expect(result).toEqual({ ok: false, detail: 'connection reset' })
  })
})

describe('a server that does harm', () => {
  it.each([
    {
      does: 'says nothing',
      answer: () => undefined,
      detail: 'no answer within 150 ms',
    },
    {
      does: 'begins an answer and stops',
      answer: (_, response) => response.write('a'),
      detail: 'no end of the body within 150 ms',
    },
    {
      does: 'sends octet by octet for ever',
      answer: (_, response) => {
        const timer = setInterval(() => response.write('a'), 1)
        response.once('close', () => clearInterval(timer))
      },
      detail: 'no end of the body within 150 ms',
    },
    {
      does: 'closes without an answer',
      answer: (request) => request.socket.destroy(),
      detail: 'connection reset',
    },
    {
      does: 'sends headers without end',
      answer: ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\na: ${'b'.repeat(100_000)}`),
      detail: 'Parse Error: Header overflow',
    },
    {
      does: 'speaks something else',
      answer: ({ socket }) => void socket.write('220 mail.example.org ESMTP\r\n'),
      detail: 'Parse Error: Expected HTTP/, RTSP/ or ICE/',
    },
  ] satisfies { does: string; answer: RequestListener; detail: string }[])(
    'that $does is bad',
    async ({ answer, detail }) => {
      const given = { timeoutMs: 150, bodyContains: 'well' }
      expect(await probe(given, answer)).toEqual({ ok: false, detail })
    },
  )
})
