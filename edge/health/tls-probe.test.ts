import type { TLSSocket } from 'node:tls'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createCertificate } from '../../shared/certificate.fixture.ts'
import { ManualClock } from '../../shared/clock.ts'
import { TestServers, closedPort, probeOnce, targetOf } from './probe-fixture.ts'

const servers = new TestServers()
const certificate = createCertificate()
const usualCas = getCACertificates('default')
/** Five and a half days before the certificate ends. */
const late = new ManualClock(Date.UTC(2998, 11, 26, 12))

afterEach(() => {
  setDefaultCACertificates(usualCas)
})

/** From here to the end of the test. */
function trustCertificate(): void {
  setDefaultCACertificates([...usualCas, certificate.cert])
}

describe.each([
  {
    type: 'tls' as const,
    listen: () => servers.listen(createServer(certificate, (socket) => void socket.resume())),
  },
  {
    type: 'https' as const,
    listen: () => servers.listen(createHttpsServer(certificate, (_, response) => response.end())),
  },
])('$type', ({ type, listen }) => {
  it('is good when the certificate is valid for the name', async () => {
    trustCertificate()
    const port = await listen()
    expect(await probeOnce({ type, serverName: '127.0.0.1' }, targetOf(port))).toEqual({ ok: true })
  })

  it('is bad when the certificate is of another name', async () => {
    trustCertificate()
    const port = await listen()
    const result = await probeOnce({ type }, targetOf(port))
    expect(result).toMatchObject({ ok: false })
    expect(result).toHaveProperty('detail', expect.stringContaining('app.example.org'))
  })

  it('is bad when nobody that is trusted has signed the certificate, unless that may be', async () => {
    const port = await listen()
    const check = { type, serverName: '127.0.0.1' } as const
    expect(await probeOnce(check, targetOf(port))).toEqual({
      ok: false,
      detail: 'self-signed certificate',
    })
    expect(await probeOnce({ ...check, verify: false }, targetOf(port))).toEqual({ ok: true })
  })

  it.each([
    { daysLeft: 0, verify: true, degraded: undefined },
    { daysLeft: 5, verify: true, degraded: undefined },
    { daysLeft: 6, verify: true, degraded: 'certificate ends in 5 days, 6 are wanted' },
    { daysLeft: 6, verify: false, degraded: 'certificate ends in 5 days, 6 are wanted' },
  ])('is degraded by days left: $daysLeft', async ({ daysLeft, verify, degraded }) => {
    trustCertificate()
    const port = await listen()
    const check = { type, serverName: '127.0.0.1', daysLeft, verify } as const
    expect(await probeOnce(check, targetOf(port), { clock: late })).toEqual(
      degraded === undefined ? { ok: true } : { ok: true, degraded },
    )
  })

  it('is degraded when a certificate that is not verified has ended', async () => {
    const port = await listen()
    const clock = new ManualClock(Date.UTC(3000, 0))
    expect(await probeOnce({ type, verify: false }, targetOf(port), { clock })).toEqual({
      ok: true,
      degraded: 'certificate has ended',
    })
  })

  it('is bad when the server hangs in the handshake, and lets go of it', async () => {
    const port = await servers.listen(createTcpServer((socket) => void socket.resume()))
    expect(await probeOnce({ type, timeoutMs: 100 }, targetOf(port))).toEqual({
      ok: false,
      detail: 'no end of the TLS handshake within 100 ms',
    })
  })

  it('is bad when the server closes in the handshake', async () => {
    const port = await servers.listen(createTcpServer((socket) => void socket.resume().end()))
    expect(await probeOnce({ type }, targetOf(port))).toEqual({
      ok: false,
      detail: 'connection reset',
    })
  })

  it('is bad when nobody listens', async () => {
    const port = await closedPort(createTcpServer)
    expect(await probeOnce({ type }, targetOf(port))).toEqual({
      ok: false,
      detail: 'connection refused',
    })
  })
})

it.each([
  { serverName: undefined, sent: 'app.example.org' },
  { serverName: 'other.example.org.', sent: 'other.example.org' },
  // RFC 6066 §3: no addresses.
  { serverName: '192.0.2.1', sent: false },
])('sends the name by SNI (RFC 6066 §3): $serverName', async ({ serverName, sent }) => {
  const names: unknown[] = []
  const take = (socket: TLSSocket): void => {
    names.push(socket.servername)
    socket.resume()
  }
  const port = await servers.listen(createServer(certificate, take))
  const check = { type: 'tls', verify: false, ...(serverName !== undefined && { serverName }) }
  await probeOnce({ ...check, type: 'tls' }, targetOf(port))
  await expect.poll(() => names).toEqual([sent])
})
