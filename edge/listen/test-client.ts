import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { FrameReader, frameMessage } from '../../shared/dns/framing.ts'
import type { Transport } from './listener.ts'

/** A client of bytes, for the tests of listeners: it sends messages and takes what comes back. */
export interface TestClient {
  /** The client's own port. */
  readonly port: number
  /** Sends one message. */
  send(message: Buffer): void
  /** Resolves with the next message; undefined when the other side closed or the time is over. */
  receive(timeoutMs?: number): Promise<Buffer | undefined>
  /** Closes the socket at once. Again does nothing. */
  close(): void
}

/** A client on a stream, which can also misbehave. */
export interface StreamTestClient extends TestClient {
  /** Sends octets as they are. */
  write(octets: Buffer): void
  /** Sends the FIN and goes on receiving. */
  end(): void
  /** Closes with a reset instead of a FIN. */
  reset(): void
  /** Stops and starts reading. */
  pause(): void
  resume(): void
  /** Resolves when the connection is closed, however that came. */
  readonly closed: Promise<void>
}

interface Target {
  readonly address: string
  readonly port: number
}

const RECEIVE_TIMEOUT_MS = 5000

/** Opens a client of that transport. */
export function openClient(transport: Transport, target: Target): Promise<TestClient> {
  return transport === 'udp' ? openUdpClient(target) : openTcpClient(target)
}

/** Opens a connected UDP socket. */
export async function openUdpClient({ address, port }: Target): Promise<TestClient> {
  const inbox = new Inbox()
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (message) => inbox.add(message))
  let isOpen = true
  await new Promise<void>((resolve) => {
    socket.connect(port, address, resolve)
  })
  // Refused (ICMP): the other side has closed its socket.
  socket.on('error', () => inbox.end())
  return {
    port: socket.address().port,
    send: (message) => socket.send(message),
    receive: (timeoutMs) => inbox.take(timeoutMs),
    close: () => {
      if (isOpen) socket.close()
      isOpen = false
      inbox.end()
    },
  }
}

/** Opens a TCP connection. */
export async function openTcpClient({ address, port }: Target): Promise<StreamTestClient> {
  const inbox = new Inbox()
  const frames = new FrameReader()
  const socket = connect({ host: address, port, noDelay: true })
  socket.on('data', (chunk) => {
    frames.push(chunk)
    for (let next = frames.next(); next !== undefined; next = frames.next()) inbox.add(next)
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      inbox.end()
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve()
    })
  })
  // A reset: `closed` tells it.
  socket.on('error', () => inbox.end())
  return {
    port: socket.localPort ?? 0,
    send: (message) => void socket.write(frameMessage(message)),
    write: (octets) => void socket.write(octets),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    receive: (timeoutMs) => inbox.take(timeoutMs),
    close: () => void socket.destroy(),
    closed,
  }
}

/** Messages that came, in order, and the one who waits for the next. */
class Inbox {
  readonly #messages: Buffer[] = []
  #ended = false
  #wake: (() => void) | undefined

  add(message: Buffer): void {
    this.#messages.push(message)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async take(timeoutMs = RECEIVE_TIMEOUT_MS): Promise<Buffer | undefined> {
    if (this.#messages.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, timeoutMs)
        this.#wake = () => {
          clearTimeout(deadline)
          resolve()
        }
      })
    }
    return this.#messages.shift()
  }
}
