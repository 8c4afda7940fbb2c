import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { TYPE_OPT } from '../../../shared/dns/codes.ts'
import type { Target } from '../../support/dns-client.ts'
import type { Question } from './questions.ts'

/** How questions are sent; over TCP with EDNS. */
export type Way = 'udp' | 'udp without EDNS' | 'tcp'

/** The payload size that is told by EDNS. */
export const EDNS_UDP_BYTES = 1232
/** Questions on their way at once: no socket buffer is too small for their answers. */
const WINDOW = 64
/** How long the answers may stay away. */
const SILENCE_MS = 15_000
const HEADER_BYTES = 12

/** What carries messages: UDP or TCP to one server. */
interface Carrier {
  send(message: Buffer): void
  close(): void
}

/** Asks a server all questions, each once; resolves with the answers in the same order. */
export function askAll(
  target: Target,
  questions: readonly Question[],
  way: Way,
): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const answers: Buffer[] = []
    let answered = 0
    let sent = 0
    let carrier: Carrier | undefined
    const finish = (settle: () => void): void => {
      clearTimeout(silence)
      carrier?.close()
      settle()
    }
    const fail = (why: string): void => {
      const where = `${way} ${target.address} port ${target.port}`
      finish(() =>
        reject(new Error(`${where}: ${why}, ${answered} of ${questions.length} answered`)),
      )
    }
    const silence = setTimeout(() => fail('no answer in time'), SILENCE_MS)
    const sendMore = (): void => {
      for (; sent < questions.length && sent - answered < WINDOW; sent++) {
        const question = questions[sent]
        if (question !== undefined) carrier?.send(encodeQuestion(question, sent, way))
      }
      if (answered === questions.length) finish(() => resolve(answers))
    }
    const receive = (message: Buffer): void => {
      // Of those on their way the IDs differ.
      const id = message.readUInt16BE(0)
      const at = sent - 1 - ((sent - 1 - id) & 0xffff)
      if (answers[at] !== undefined || questions[at] === undefined)
        return fail(`answer with ID ${id}`)
      answers[at] = message
      answered++
      silence.refresh()
      sendMore()
    }
    const failed = (err: Error): void => fail(err.message)
    carrier =
      way === 'tcp'
        ? byTcp(target, { ready: sendMore, receive, failed })
        : byUdp(target, { ready: sendMore, receive, failed })
  })
}

interface Events {
  readonly ready: () => void
  readonly receive: (message: Buffer) => void
  readonly failed: (err: Error) => void
}

function byUdp({ address, port }: Target, { ready, receive, failed }: Events): Carrier {
  const socket = createSocket('udp4')
  socket.on('message', receive)
  socket.on('error', failed)
  socket.connect(port, address, ready)
  return { send: (message) => socket.send(message), close: () => socket.close() }
}

function byTcp({ address, port }: Target, { ready, receive, failed }: Events): Carrier {
  const socket = connect({ host: address, port, noDelay: true })
  let pending: Buffer = Buffer.alloc(0)
  socket.on('connect', ready)
  socket.on('error', failed)
  socket.on('end', () => failed(new Error('the connection was closed')))
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0)
      const message = pending.subarray(2, end)
      pending = pending.subarray(end)
      receive(message)
    }
  })
  const send = (message: Buffer): void => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    socket.write(Buffer.concat([length, message]))
  }
  return { send, close: () => socket.destroy() }
}

function encodeQuestion({ wire, qtype }: Question, number: number, way: Way): Buffer {
  const hasEdns = way !== 'udp without EDNS'
  const message = Buffer.alloc(HEADER_BYTES + wire.length + 4 + (hasEdns ? 11 : 0))
  message.writeUInt16BE(number & 0xffff, 0)
  message.writeUInt16BE(1, 4)
  wire.copy(message, HEADER_BYTES)
  let off = message.writeUInt16BE(qtype, HEADER_BYTES + wire.length)
  off = message.writeUInt16BE(1, off)
  if (!hasEdns) return message
  message.writeUInt16BE(1, 10)
  off = message.writeUInt16BE(TYPE_OPT, off + 1)
  message.writeUInt16BE(EDNS_UDP_BYTES, off)
  return message
}
