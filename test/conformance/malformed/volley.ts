import { createSocket } from 'node:dgram'
import { encodeQuery, openTcp } from '../../support/dns-client.ts'
import type { Target } from '../../support/dns-client.ts'
import type { EdgeUnderTest } from '../../support/mesh.ts'

/** Messages between two good queries: as many as a socket's buffer holds by default. */
const GROUP = 50
const TIMEOUT_MS = 5_000
/** The ID of the good queries; messages have the IDs below. */
const GOOD_ID = 0xffff
/**
 * ANY is answered by the control thread, as bad messages are, in the order of arrival; its answer may
 * overtake those of a data thread, which leave at the end of their batch and before the next one.
 */
const goodQueries = ['ANY', 'A'].map((qtype) =>
  encodeQuery({ qname: 'video.example', qtype, id: GOOD_ID, edns: false }),
)

/** What a volley came to. */
export interface Volley {
  /** The messages as they were sent, each with an ID of its own where it has room for one. */
  readonly sent: readonly Buffer[]
  /** The answer to each of them; undefined where there was none. */
  readonly answers: readonly (Buffer | undefined)[]
  /** Good queries sent in between, all of them answered. */
  readonly goodQueries: number
}

/**
 * Sends messages, and good queries after every few of them. An edge that holds all names answers in
 * the order of arrival, so what has not been answered before the last of them never will be: silence is
 * seen without waiting for it. Throws when a good query is not answered, and when an answer comes that
 * belongs to nothing or comes twice.
 */
export async function fireVolley(
  target: Target,
  messages: readonly Buffer[],
  transport: 'udp' | 'tcp',
): Promise<Volley> {
  if (messages.length >= GOOD_ID) throw new RangeError(`${messages.length} messages have no IDs`)
  const sent = messages.map((message, i) => withId(message, i))
  const answers = new Map<number, Buffer>()
  const peer = transport === 'udp' ? await openUdp(target) : await openTcp(target)
  let asked = 0
  try {
    for (let i = 0; i < sent.length; i += GROUP) {
      for (const message of sent.slice(i, i + GROUP)) peer.send(message)
      for (const goodQuery of goodQueries) {
        peer.send(goodQuery)
        asked++
        for (;;) {
          const answer = await peer.receive(TIMEOUT_MS)
          if (answer === undefined) throw new Error(`no answer after messages ${i} and following`)
          const id = answer.readUInt16BE(0)
          if (id === GOOD_ID) break
          if (id >= sent.length || answers.has(id)) throw new Error(`an answer too many: ${id}`)
          answers.set(id, answer)
        }
      }
    }
  } finally {
    peer.close()
  }
  return { sent, answers: sent.map((_, i) => answers.get(i)), goodQueries: asked }
}

/** What an edge has counted of messages and answers since it started. */
export interface Counts {
  readonly received: number
  readonly dropped: number
  readonly ignored: number
  readonly faults: number
  readonly noerror: number
  readonly formerr: number
  readonly notimp: number
  readonly badvers: number
  readonly refused: number
  readonly servfail: number
}

export async function countsOf(edge: EdgeUnderTest): Promise<Counts> {
  const responses = (rcode: string): Promise<number> =>
    edge.metric('meridian_edge_dns_responses_total', { rcode })
  return {
    received: await edge.metric('meridian_edge_listen_received_total'),
    dropped: await edge.metric('meridian_edge_listen_dropped_total'),
    ignored: await edge.metric('meridian_edge_dns_ignored_total'),
    faults: await edge.metric('meridian_edge_dns_faults_total'),
    noerror: await responses('NOERROR'),
    formerr: await responses('FORMERR'),
    notimp: await responses('NOTIMP'),
    badvers: await responses('BADVERS'),
    refused: await responses('REFUSED'),
    servfail: await responses('SERVFAIL'),
  }
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  if (copy.length >= 2) copy.writeUInt16BE(id, 0)
  return copy
}

/** A UDP socket that only hears of `target`, with the face of a `TcpConnection`. */
async function openUdp({ address, port }: Target) {
  const socket = createSocket('udp4')
  const received: Buffer[] = []
  let wake = (): void => undefined
  socket.on('message', (message) => {
    received.push(message)
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(port, address, resolve)
  })
  return {
    send: (message: Buffer) => socket.send(message),
    close: () => socket.close(),
    receive: async (timeoutMs: number): Promise<Buffer | undefined> => {
      const deadline = AbortSignal.timeout(timeoutMs)
      while (received.length === 0 && !deadline.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          deadline.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      return received.shift()
    },
  }
}
