import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { createCertificate } from '../../shared/certificate.fixture.ts'
import { ManualClock } from '../../shared/clock.ts'
import { TestServers, closedPort, probeOnce, targetOf } from './probe-fixture.ts'

const servers = new TestServers()
const certificate = createCertificate()
const grpcServers: Server[] = []

afterEach(() => {
  for (const server of grpcServers.splice(0)) server.forceShutdown()
})

type Check = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void

/** The real thing: a server of grpc-js with a Health service whose messages are octets. */
async function serve(
  check: Check,
  credentials = ServerCredentials.createInsecure(),
): Promise<number> {
  const server = new Server()
  grpcServers.push(server)
  const asIs = (octets: Buffer): Buffer => octets
  server.addService(
    {
      check: {
        path: '/grpc.health.v1.Health/Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    },
    { check },
  )
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (err, port) => {
      if (err === null) resolve(port)
      else reject(err)
    })
  })
}

const statusOctets = (value: number): Buffer => Buffer.from([0x08, value])

describe('a server of grpc-js', () => {
  it('is good when it is serving; it is asked for the service, by the name of the app', async () => {
    const asked: unknown[] = []
    const port = await serve((call, callback) => {
      asked.push([String(call.request), call.getHost()])
      callback(null, statusOctets(1))
    })
    expect(await probeOnce({ type: 'grpc' }, targetOf(port))).toEqual({ ok: true })
    expect((await probeOnce({ type: 'grpc', service: 'x.Y' }, targetOf(port))).ok).toBe(true)
    expect(asked).toEqual([
      ['', 'app.example.org'],
      ['\n\u0003x.Y', 'app.example.org'],
    ])
  })

  it.each([
    { value: 0, detail: 'UNKNOWN' },
    { value: 2, detail: 'NOT_SERVING' },
    { value: 3, detail: 'SERVICE_UNKNOWN' },
  ])('is bad when it says $detail', async ({ value, detail }) => {
    const port = await serve((_, callback) => callback(null, statusOctets(value)))
    expect(await probeOnce({ type: 'grpc' }, targetOf(port))).toEqual({ ok: false, detail })
  })

  it('is bad when the call fails, with status and message', async () => {
    const port = await serve((_, callback) => {
      callback({ code: status.NOT_FOUND, details: 'no such service' })
    })
    expect(await probeOnce({ type: 'grpc' }, targetOf(port))).toEqual({
      ok: false,
      detail: 'gRPC status 5 NOT_FOUND no such service',
    })
  })

  it('is bad when it does not answer in time', async () => {
    const port = await serve(() => undefined)
    const result = await probeOnce({ type: 'grpc', timeoutMs: 100 }, targetOf(port))
    // The server keeps the deadline too, and may be the first to say so.
    expect(result.ok).toBe(false)
    expect('detail' in result ? result.detail : '').toMatch(
      /^no answer within 100 ms$|^gRPC status 4 DEADLINE_EXCEEDED/,
    )
  })

  it('over TLS is good by the certificate', async () => {
    const pair = {
      private_key: Buffer.from(certificate.key),
      cert_chain: Buffer.from(certificate.cert),
    }
    const port = await serve(
      (_, callback) => callback(null, statusOctets(1)),
      ServerCredentials.createSsl(null, [pair]),
    )
    const check = { type: 'grpc', useTls: true } as const
    expect(await probeOnce(check, targetOf(port))).toEqual({
      ok: false,
      detail: 'self-signed certificate',
    })
    expect(await probeOnce({ ...check, verify: false }, targetOf(port))).toEqual({ ok: true })
    const clock = new ManualClock(Date.UTC(2998, 11, 31))
    expect(
      await probeOnce({ ...check, verify: false, daysLeft: 30 }, targetOf(port), { clock }),
    ).toEqual({ ok: true, degraded: 'certificate ends in 1 days, 30 are wanted' })
  })
})

describe('another server', () => {
  it.each([
    {
      of: 'HTTP/2 without gRPC',
      answer: (stream) => {
        stream.respond({ ':status': 404 })
        stream.end()
      },
      detail: 'HTTP status 404',
    },
    {
      of: 'HTTP/2 that forgets the status of the call',
      answer: (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]))
      },
      detail: 'the answer has no grpc-status',
    },
    {
      of: 'gRPC without a message',
      answer: (stream) =>
        stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true }),
      detail: 'the answer is no HealthCheckResponse',
    },
    {
      of: 'gRPC without end',
      answer: (stream) => {
        stream.respond({ ':status': 200 })
        stream.write(Buffer.alloc(2_000))
      },
      detail: 'the answer has more than 1024 octets',
    },
    {
      of: 'HTTP/2 that resets the stream',
      answer: (stream) => stream.close(7),
      detail: 'Stream closed with error code NGHTTP2_REFUSED_STREAM',
    },
    {
      of: 'HTTP/2 that breaks off',
      answer: (stream) => stream.session?.destroy(),
      detail: 'connection closed',
    },
  ] satisfies { of: string; answer: (stream: ServerHttp2Stream) => void; detail: unknown }[])(
    'is bad: $of',
    async ({ answer, detail }) => {
      const server = createHttp2Server()
      server.on('stream', (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders) => {
        stream.on('error', () => undefined)
        answer(stream)
      })
      const port = await servers.listen(server)
      expect(await probeOnce({ type: 'grpc' }, targetOf(port))).toEqual({ ok: false, detail })
    },
  )

  it('is bad: HTTP/1.1', async () => {
    const port = await servers.listen(createHttpServer((_, response) => response.end()))
    expect((await probeOnce({ type: 'grpc' }, targetOf(port))).ok).toBe(false)
  })

  it('is bad: one that says nothing, and it is let go of', async () => {
    const port = await servers.listen(createTcpServer((socket) => void socket.resume()))
    expect(await probeOnce({ type: 'grpc', timeoutMs: 100 }, targetOf(port))).toEqual({
      ok: false,
      detail: 'no answer within 100 ms',
    })
  })

  it('is bad: one that hangs in the TLS handshake, and it is let go of', async () => {
    const port = await servers.listen(createTcpServer((socket) => void socket.resume()))
    const check = { type: 'grpc', useTls: true, timeoutMs: 100 } as const
    expect(await probeOnce(check, targetOf(port))).toEqual({
      ok: false,
      detail: 'no end of the TLS handshake within 100 ms',
    })
  })

  it('is bad: TLS without HTTP/2', async () => {
    const port = await servers.listen(
      createTlsServer(certificate, (socket) => void socket.resume()),
    )
    const check = { type: 'grpc', useTls: true, verify: false } as const
    expect(await probeOnce(check, targetOf(port))).toEqual({
      ok: false,
      detail: 'server does not speak HTTP/2',
    })
  })

  it('is good: HTTP/2 over TLS that answers as gRPC does', async () => {
    const server = createSecureServer(certificate)
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]))
    })
    const port = await servers.listen(server)
    const check = { type: 'grpc', useTls: true, verify: false } as const
    expect(await probeOnce(check, targetOf(port))).toEqual({ ok: true })
  })

  it('is bad: nobody', async () => {
    const port = await closedPort(createTcpServer)
    expect(await probeOnce({ type: 'grpc' }, targetOf(port))).toEqual({
      ok: false,
      detail: 'connection refused',
    })
  })
})
