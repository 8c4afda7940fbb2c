import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket, SocketOptions } from 'node:dgram'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import type { AnswerRenewal } from './answer-renewal.ts'

/**
 * Asked of the kernel, so that renewals wait in the socket while central is busy: about 5,000, a second of those
 * of 50,000 machines. It gives what it allows (`net.core.rmem_max`).
 */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** A UDP socket that wakes central for what comes. */
export interface EventSocket {
  readonly port: number
  close(): void
}

/** Opens a socket of node:dgram, for where there is no addon. Rejects with an Error that has the kernel's code. */
export async function openEventSocket(
  { address, port }: SocketAddress,
  answer: AnswerRenewal,
): Promise<EventSocket> {
  // As the sockets of HTTP: `::` takes IPv4 too.
  const type = address.includes(':') ? 'udp6' : 'udp4'
  const socket = createSocket({ type, lookup: asItIs })
  await new Promise<void>((resolve, reject) => {
    const refuse = (err: Error): void => {
      socket.close()
      reject(err)
    }
    socket.once('error', refuse)
    socket.bind({ address, port }, () => {
      socket.off('error', refuse)
      resolve()
    })
  })
  askForBuffer(socket)
  // ICMP of an earlier answer, or no room to send: costs that answer, whose machine renews over REST.
  socket.on('error', () => undefined)
  socket.on('message', (wire, from) => take(socket, answer, wire, from))
  return { port: socket.address().port, close: () => socket.close() }
}

/** Addresses of datagrams are no names: taking them as they are saves a trip through getaddrinfo. */
const asItIs: NonNullable<SocketOptions['lookup']> = (address, _options, callback) => {
  callback(null, address, address.includes(':') ? 6 : 4)
}

function take(socket: Socket, answer: AnswerRenewal, wire: Buffer, from: RemoteInfo): void {
  // Nothing can be sent to port 0: send would throw.
  if (from.port === 0) return
  const sent = answer(wire, () => from.address)
  if (sent !== undefined) socket.send(sent, from.port, from.address)
}

function askForBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
  } catch {
    // Linux gives what it allows; other systems refuse what is too much, and the default serves.
  }
}
