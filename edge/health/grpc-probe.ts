import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { connect as openSession } from 'node:http2'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { status as grpcStatus } from '@grpc/grpc-js'
import type { Clock } from '../../shared/clock.ts'
import type { Attempt } from './attempt.ts'
import { runAttempt } from './attempt.ts'
import { decodeHealthResponse, encodeHealthRequest } from './grpc-message.ts'
import { GRPC_PORT, TLS_PORT, portOf } from './ports.ts'
import type { CheckOf, Probe, ProbeResult } from './probe.ts'
import { badBecause, goodWith } from './results.ts'
import { openTls, serverNameOf, warningOf } from './tls-connection.ts'

/** The most that a response may be; the usual one has seven octets. */
const RESPONSE_MAX_BYTES = 1_024

/**
 * Makes the probe that calls grpc.health.v1 Health/Check and is good when the answer is SERVING.
 *
 * One call over a connection of its own, in HTTP/2 and not through a channel of grpc-js: that cannot let
 * go of a connection whose handshake hangs, holds what it has closed for up to 10 s, and tells nothing of
 * a certificate that it does not verify.
 */
export function createGrpcProbe(check: CheckOf<'grpc'>, clock: Clock): Probe {
  const message = encodeHealthRequest(check.service)
  return (target, signal) =>
    runAttempt(signal, check.timeoutMs, (attempt) => {
      const authority = serverNameOf(check, target.app)
      let session: ClientHttp2Session | undefined
      const ask = (socket: Socket, warning: () => string | undefined): void => {
        attempt.waitFor('answer')
        session = openSession('http://localhost', { createConnection: () => socket })
        call(session, { check, authority, message, warning }, attempt)
      }
      const socket = openSocket(check, target, clock, attempt, ask)
      socket.on('error', attempt.fail)
      socket.once('close', () => {
        // From then on it is the stream that knows how far it came.
        if (session === undefined) attempt.settle(badBecause('connection closed'))
      })
      return () => {
        session?.destroy()
        socket.destroy()
      }
    })
}

/** Opens the connection, and hands it over when it is ready for HTTP/2. */
function openSocket(
  check: CheckOf<'grpc'>,
  target: Parameters<Probe>[0],
  clock: Clock,
  attempt: Attempt,
  ask: (socket: Socket, warning: () => string | undefined) => void,
): Socket {
  if (!check.useTls) {
    const socket = connect({ host: target.address, port: portOf(check, target, GRPC_PORT) })
    return socket.once('connect', () => attempt.guard(() => ask(socket, () => undefined)))
  }
  const socket = openTls(target, portOf(check, target, TLS_PORT), check, ['h2'])
  socket.once('connect', () => attempt.waitFor('end of the TLS handshake'))
  return socket.once('secureConnect', () => {
    // RFC 9113 §3.3: "HTTP/2 over TLS uses the "h2" protocol identifier."
    if (socket.alpnProtocol !== 'h2') attempt.settle(badBecause('server does not speak HTTP/2'))
    else attempt.guard(() => ask(socket, () => warningOf(socket, check, clock)))
  })
}

interface Call {
  readonly check: CheckOf<'grpc'>
  readonly authority: string
  readonly message: Buffer
  readonly warning: () => string | undefined
}

function call(
  session: ClientHttp2Session,
  { check, authority, message, warning }: Call,
  attempt: Attempt,
): void {
  session.on('error', attempt.fail)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    ':scheme': check.useTls ? 'https' : 'http',
    ':authority': authority,
    te: 'trailers',
    'content-type': 'application/grpc',
    'grpc-timeout': `${check.timeoutMs}m`,
    'user-agent': 'meridian-health',
  })
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  const pieces: Buffer[] = []
  let bytes = 0
  stream.once('response', (received) => {
    headers = received
  })
  stream.once('trailers', (received: IncomingHttpHeaders) => {
    trailers = received
  })
  stream.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes <= RESPONSE_MAX_BYTES) pieces.push(piece)
    else attempt.settle(badBecause(`the answer has more than ${RESPONSE_MAX_BYTES} octets`))
  })
  stream.on('error', attempt.fail)
  stream.once('close', () => {
    attempt.guard(() => {
      const fault = faultOf(headers, { ...headers, ...trailers }) ?? faultOfBody(pieces)
      attempt.settle(fault ?? goodWith(warning()))
    })
  })
  stream.end(message)
}

/** What is bad about the headers; a call that failed has its status in the only ones that there are. */
function faultOf(headers: IncomingHttpHeaders, last: IncomingHttpHeaders): ProbeResult | undefined {
  const httpStatus = Number(headers[':status'] ?? 0)
  if (httpStatus === 0) return badBecause('connection closed')
  if (httpStatus !== 200) return badBecause(`HTTP status ${httpStatus}`)
  const code = last['grpc-status']
  if (code === undefined) return badBecause('the answer has no grpc-status')
  if (code === '0') return undefined
  const name = grpcStatus[Number(code)] ?? ''
  const words = decodeWords(String(last['grpc-message'] ?? ''))
  return badBecause(`gRPC status ${String(code)} ${name} ${words}`)
}

/** The message of a status is percent-encoded; what is wrongly so is shown as it came. */
function decodeWords(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function faultOfBody(pieces: readonly Buffer[]): ProbeResult | undefined {
  const servingStatus = decodeHealthResponse(Buffer.concat(pieces))
  if (servingStatus === 'SERVING') return undefined
  return badBecause(servingStatus ?? 'the answer is no HealthCheckResponse')
}
