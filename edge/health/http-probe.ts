import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as createRequest } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { Attempt } from './attempt.ts'
import { runAttempt } from './attempt.ts'
import { HTTP_PORT, TLS_PORT, portOf } from './ports.ts'
import type { CheckOf, Probe, ProbeTarget } from './probe.ts'
import { badBecause, goodWith } from './results.ts'
import { BODY_MAX_BYTES, TextFinder } from './text-finder.ts'
import { openTls, warningOf } from './tls-connection.ts'

type HttpCheck = CheckOf<'http' | 'https'>

/**
 * Makes the probe that sends an HTTP request and is good by status and body of the answer. Each has a
 * connection of its own, which is closed as soon as enough is known; redirects are answers like others.
 */
export function createHttpProbe(check: HttpCheck, clock: Clock): Probe {
  const spans = check.status.map(parseSpan)
  return (target, signal) =>
    runAttempt(signal, check.timeoutMs, (attempt) => {
      const { socket, warning } = openConnection(check, target, clock, attempt)
      const request = sendRequest(check, target.app, socket)
      const settleGood = (): void => attempt.guard(() => attempt.settle(goodWith(warning())))
      let isAnswered = false
      const takeAnswer = (answer: IncomingMessage): void => {
        isAnswered = true
        const status = answer.statusCode ?? 0
        if (!spans.some(([from, to]) => status >= from && status <= to)) {
          attempt.settle(badBecause(`status ${status}`))
        } else if (check.bodyContains === undefined) settleGood()
        else findInBody(answer, check.bodyContains, attempt, settleGood)
      }
      request.once('response', takeAnswer)
      // 101: the connection is no longer that of the request.
      request.once('upgrade', takeAnswer)
      request.on('error', attempt.fail)
      request.once('close', () => {
        // A body that ends with its connection is still on its way.
        if (!isAnswered) attempt.settle(badBecause('connection closed'))
      })
      return () => {
        request.destroy()
        socket.destroy()
      }
    })
}

interface Connection {
  readonly socket: Socket
  /** What there is to say against its certificate. */
  readonly warning: () => string | undefined
}

function openConnection(
  check: HttpCheck,
  target: ProbeTarget,
  clock: Clock,
  attempt: Attempt,
): Connection {
  if (check.type === 'http') {
    const socket = connect({ host: target.address, port: portOf(check, target, HTTP_PORT) })
    socket.once('connect', () => attempt.waitFor('answer'))
    return { socket, warning: () => undefined }
  }
  const socket = openTls(target, portOf(check, target, TLS_PORT), check, ['http/1.1'])
  socket.once('connect', () => attempt.waitFor('end of the TLS handshake'))
  socket.once('secureConnect', () => attempt.waitFor('answer'))
  return { socket, warning: () => warningOf(socket, check, clock) }
}

function sendRequest(check: HttpCheck, app: Name, socket: Socket): ClientRequest {
  const headers: Record<string, string> = {
    host: app.replace(/\.$/, ''),
    'user-agent': 'meridian-health',
    // What is looked for in the body stands there as it is.
    'accept-encoding': 'identity',
    connection: 'close',
  }
  for (const [name, value] of Object.entries(check.headers)) headers[name.toLowerCase()] = value
  if (check.host !== undefined) headers['host'] = check.host
  const { method, path } = check
  return createRequest({ method, path, headers, createConnection: () => socket }).end()
}

function findInBody(
  answer: IncomingMessage,
  text: string,
  attempt: Attempt,
  settleGood: () => void,
): void {
  const finder = new TextFinder(text)
  attempt.waitFor('end of the body')
  answer.on('data', (piece: Buffer) => {
    if (finder.push(piece)) settleGood()
    else if (finder.isDone) {
      attempt.settle(
        badBecause(`the text is not in the first ${BODY_MAX_BYTES} octets of the body`),
      )
    }
  })
  answer.once('end', () => attempt.settle(badBecause('the text is not in the body')))
  answer.on('error', attempt.fail)
  answer.once('close', () => attempt.settle(badBecause('connection closed')))
}

/** `200` or `200-299`, as the schema lets them through. */
function parseSpan(text: string): readonly [number, number] {
  const [from = '', to = from] = text.split('-')
  return [Number(from), Number(to)]
}
