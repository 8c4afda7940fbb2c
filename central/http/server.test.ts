import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { MeridianError } from '../../shared/errors.ts'
import { createLogger } from '../../shared/log.ts'
import { AuditStore } from '../audit/audit-store.ts'
import { PastReader } from '../registry/past.ts'
import { LatencyTable } from '../latency/latency-table.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { MachineKeeper } from '../machines/keeper.ts'
import { LoadKeeper } from '../load/keeper.ts'
import { machineOptionsSchema } from '../machines/options.ts'
import { EdgeDirectory } from '../registry/edges.ts'
import { Registry } from '../registry/registry.ts'
import { createCertificate } from '../../shared/certificate.fixture.ts'
import { httpOptionsSchema } from './options.ts'
import { startServer } from './server.fixture.ts'
import type { HttpServer } from './server.ts'
import { createHttpServer } from './server.ts'

function createServer(http: object): HttpServer {
  const registry = new Registry({ log: createMemoryLog(), clock: systemClock })
  const logger = createLogger('silent', {})
  return createHttpServer({
    http: httpOptionsSchema.parse(http),
    registry,
    edges: new EdgeDirectory(),
    latencies: new LatencyTable(registry),
    loads: new LoadKeeper({ registry, clock: systemClock, logger }),
    machines: new MachineKeeper({
      registry,
      options: machineOptionsSchema.parse({}),
      clock: systemClock,
      random: Math.random,
      logger,
      foundDown: () => [],
    }),
    past: new PastReader({ registry, clock: systemClock }),
    audit: new AuditStore({ file: ':memory:', clock: systemClock, logger }),
    sources: [],
    logger,
    clock: systemClock,
    metrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
    ready: () => ({ ready: true }),
    software: 'meridian/test',
  })
}

async function failureOf(server: HttpServer): Promise<{ code: string; message: string }> {
  try {
    await server.start()
  } catch (err) {
    if (err instanceof MeridianError) return { code: err.code, message: err.message }
    throw err
  }
  await server.stop()
  throw new TypeError('the server has started')
}

function writeFiles(files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-http-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return (name) => join(folder, name)
}

test('plain HTTP off loopback is refused', async () => {
  const server = createServer({ listen: '[::]:0' })
  expect(await failureOf(server)).toEqual({
    code: 'MERIDIAN_CONFIG_INVALID',
    message: 'http.listen: [::]:0 is not loopback, http.tls or http.insecure: true is wanted',
  })
})

test('a port that is taken is told', async () => {
  const { port } = await startServer()
  const server = createServer({ listen: `127.0.0.1:${port}` })
  const { code, message } = await failureOf(server)
  expect(code).toBe('MERIDIAN_LISTEN_FAILED')
  expect(message).toContain(`http.listen: 127.0.0.1:${port} cannot be listened on`)
})

test('HTTPS is served with the certificate of the options', async () => {
  const { cert, key } = createCertificate()
  const fileOf = writeFiles({ 'cert.pem': cert, 'key.pem': key })
  const server = createServer({
    listen: '127.0.0.1:0',
    tls: { cert: fileOf('cert.pem'), key: fileOf('key.pem') },
  })
  await server.start()
  onTestFinished(() => server.stop())
  const { address, port } = server.address()
  const body = await new Promise<Buffer>((resolve, reject) => {
    const options = { host: address, port, path: '/health', ca: cert, agent: false }
    request(options, (res) => resolve(buffer(res)))
      .once('error', reject)
      .end()
  })
  expect(body.toString()).toBe('{"status":"ok"}')
})

test.each([
  ['a file that is not there', 'nothing.pem', 'http.tls.cert: '],
  ['a file that is no PEM', 'text.pem', 'http.tls.cert: '],
  ['a certificate that is none', 'broken.pem', 'http.tls: certificate and key cannot be used: '],
])('%s is told', async (_title, name, wanted) => {
  const { key } = createCertificate()
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  const fileOf = writeFiles({ 'text.pem': 'hello', 'broken.pem': broken, 'key.pem': key })
  const tls = { cert: fileOf(name), key: fileOf('key.pem') }
  const { code, message } = await failureOf(createServer({ listen: '127.0.0.1:0', tls }))
  expect(code).toBe('MERIDIAN_CONFIG_UNREADABLE')
  expect(message).toContain(wanted)
})

test('there is no address before the start', () => {
  expect(() => createServer({}).address()).toThrow('has not been started')
})

test.each([
  ['what is not HTTP', 'HELLO\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
  [
    'headers without end',
    `GET /health HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    'HTTP/1.1 431 Request Header Fields Too Large',
  ],
])('%s is answered with a problem', async (_title, text, statusLine) => {
  const { port } = await startServer()
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  const answer = (await buffer(socket)).toString()
  expect(answer.split('\r\n')).toEqual(
    expect.arrayContaining([statusLine, 'Content-Type: application/problem+json']),
  )
})

test('a request that never ends does not hold up the stop', async () => {
  const { port, stop } = await startServer()
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await stop()
  await closed
  expect(socket.destroyed).toBe(true)
})

test('listen is parsed as an address with a port', () => {
  expect(httpOptionsSchema.parse({}).listen).toEqual({ address: '127.0.0.1', port: 8053 })
  expect(() => httpOptionsSchema.parse({ listen: 'localhost:8053' })).toThrow('address')
})
