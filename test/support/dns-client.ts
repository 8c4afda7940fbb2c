import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { type Answer, type Question, decode, encode } from 'dns-packet'
import { rcodeName, typeNumber } from '../../shared/dns/codes.ts'

/**
 * A DNS client for tests of whole servers. It shares no code with what it tests but the numbers of
 * the protocol, sends what it is told to, right or wrong, and never asks twice.
 */

export interface Target {
  readonly address: string
  readonly port: number
}

/** The OPT record of a query (RFC 6891 §6.1.2). */
export interface EdnsQuery {
  readonly udpPayloadSize?: number
  readonly version?: number
  /** DNSSEC OK. */
  readonly do?: boolean
  readonly options?: readonly EdnsOption[]
}

export interface EdnsOption {
  readonly code: number
  readonly data: Buffer
}

export interface DnsQuestion {
  readonly qname: string
  /** A mnemonic (`A`, `HTTPS`) or `TYPE123`. */
  readonly qtype: string
  readonly id?: number
  /** Recursion desired; default true. */
  readonly rd?: boolean
  /** default: `{ udpPayloadSize: 1232 }`; false = no OPT record. */
  readonly edns?: EdnsQuery | false
}

export interface AskOptions extends DnsQuestion, Target {
  readonly transport?: 'udp' | 'tcp'
  readonly timeoutMs?: number
}

/** A response, decoded; `raw` is what came. */
export interface DnsResponse {
  readonly raw: Buffer
  readonly id: number
  readonly qr: boolean
  readonly aa: boolean
  readonly tc: boolean
  readonly rd: boolean
  readonly ra: boolean
  readonly ad: boolean
  readonly cd: boolean
  /** Mnemonic of the whole rcode, its upper bits from OPT: `NOERROR`, `NXDOMAIN`, `BADVERS`. */
  readonly rcode: string
  readonly questions: readonly Question[]
  readonly answers: readonly Answer[]
  readonly authorities: readonly Answer[]
  /** Without OPT. */
  readonly additionals: readonly Answer[]
  /** undefined when the response has no OPT. */
  readonly edns: Required<EdnsQuery> | undefined
}

const ASK_TIMEOUT_MS = 5000
/** How long `askRaw` waits for an answer that may rightly never come. */
const SILENCE_MS = 400

/**
 * Asks once. Throws when no response comes in time, when it has another ID than the query or no QR
 * bit, and when dns-packet cannot read it.
 */
export async function ask(options: AskOptions): Promise<DnsResponse> {
  const { transport = 'udp', timeoutMs = ASK_TIMEOUT_MS } = options
  const query = encodeQuery(options)
  const raw = await askRaw(query, { ...options, transport, timeoutMs })
  if (raw === undefined) {
    const where = `${transport} ${options.address} port ${options.port}`
    throw new Error(`no response for ${options.qname} ${options.qtype} from ${where}`)
  }
  const response = decodeResponse(raw)
  if (response.id !== query.readUInt16BE(0)) {
    throw new Error(`the response has ID ${response.id}, the query ${query.readUInt16BE(0)}`)
  }
  if (!response.qr) throw new Error('the response has no QR bit')
  return response
}

/** Sends octets as one message; resolves with the first that comes back, undefined for silence. */
export function askRaw(
  message: Buffer,
  options: Target & { readonly transport?: 'udp' | 'tcp'; readonly timeoutMs?: number },
): Promise<Buffer | undefined> {
  const timeoutMs = options.timeoutMs ?? SILENCE_MS
  return options.transport === 'tcp'
    ? askRawTcp(message, options, timeoutMs)
    : askRawUdp(message, options, timeoutMs)
}

/** The addresses in the answer section, A and AAAA, in the order of the response. */
export function addressesOf(response: DnsResponse): readonly string[] {
  return response.answers.flatMap((record) =>
    record.type === 'A' || record.type === 'AAAA' ? [record.data] : [],
  )
}

/** Encodes a query, with a random ID where none is given. */
export function encodeQuery(question: DnsQuestion): Buffer {
  const qtype = typeNumber(question.qtype)
  if (qtype === undefined) throw new TypeError(`${question.qtype} is not a type`)
  const { id = Math.floor(Math.random() * 65_536), rd = true, edns = {} } = question
  const query = encode({
    type: 'query',
    id,
    flags: rd ? 0x0100 : 0,
    questions: [{ type: 'A', name: question.qname }],
  })
  // dns-packet knows few types by name; the question ends in its type and class, two octets each.
  query.writeUInt16BE(qtype, query.length - 4)
  if (edns === false) return query
  query.writeUInt16BE(1, 10)
  return Buffer.concat([query, encodeOpt(edns)])
}

/** Decodes a response. */
export function decodeResponse(raw: Buffer): DnsResponse {
  const packet = decode(raw)
  const additionals = packet.additionals ?? []
  const opt = additionals.find((record) => record.type === 'OPT')
  const rcode = (raw.readUInt16BE(2) & 0xf) | ((opt?.extendedRcode ?? 0) << 4)
  return {
    raw,
    id: raw.readUInt16BE(0),
    qr: packet.flag_qr,
    aa: packet.flag_aa,
    tc: packet.flag_tc,
    rd: packet.flag_rd,
    ra: packet.flag_ra,
    ad: packet.flag_ad,
    cd: packet.flag_cd,
    rcode: rcodeName(rcode),
    questions: packet.questions ?? [],
    answers: packet.answers ?? [],
    authorities: packet.authorities ?? [],
    additionals: additionals.filter((record) => record.type !== 'OPT'),
    edns: opt && {
      udpPayloadSize: opt.udpPayloadSize,
      version: opt.ednsVersion,
      do: opt.flag_do,
      options: opt.options.map(({ code, data }) => ({ code, data: data ?? Buffer.alloc(0) })),
    },
  }
}

/** A TCP connection for pipelining and for sending octets that are no message. */
export interface TcpConnection {
  /** Sends one message, its length before it. */
  send(message: Buffer): void
  /** Sends octets as they are. */
  write(octets: Buffer): void
  /** Sends the FIN and goes on receiving. */
  end(): void
  /** Resolves with the next message; undefined when the server closed or the time is over. */
  receive(timeoutMs?: number): Promise<Buffer | undefined>
  /** Resolves when the connection is closed, whoever did it. */
  readonly closed: Promise<void>
  close(): void
}

/** Opens a TCP connection; rejects when it is refused. */
export async function openTcp({ address, port }: Target): Promise<TcpConnection> {
  const messages: Buffer[] = []
  let pending: Buffer = Buffer.alloc(0)
  let wake = (): void => undefined
  const socket = connect({ host: address, port, noDelay: true })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      wake()
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    // Once connected an error is followed by `close`, which tells all that a test has to know.
    socket.on('error', reject)
  })
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0)
      messages.push(pending.subarray(2, end))
      pending = pending.subarray(end)
    }
    wake()
  })
  return {
    send: (message) => void socket.write(Buffer.concat([lengthOf(message), message])),
    write: (octets) => void socket.write(octets),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
    closed,
    receive: async (timeoutMs = ASK_TIMEOUT_MS) => {
      const deadline = AbortSignal.timeout(timeoutMs)
      while (messages.length === 0 && !socket.closed && !deadline.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          deadline.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      return messages.shift()
    },
  }
}

async function askRawTcp(
  message: Buffer,
  target: Target,
  timeoutMs: number,
): Promise<Buffer | undefined> {
  const connection = await openTcp(target)
  try {
    connection.send(message)
    return await connection.receive(timeoutMs)
  } finally {
    connection.close()
  }
}

function askRawUdp(
  message: Buffer,
  { address, port }: Target,
  timeoutMs: number,
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const deadline = setTimeout(() => finish(() => resolve(undefined)), timeoutMs)
    const finish = (settle: () => void): void => {
      clearTimeout(deadline)
      socket.removeAllListeners('message')
      socket.close(settle)
    }
    // Connected: the kernel lets only that address and port answer, and tells when it is closed.
    socket.connect(port, address, () => socket.send(message))
    socket.once('message', (response) => finish(() => resolve(response)))
    socket.once('error', (err) => finish(() => reject(err)))
  })
}

function lengthOf(message: Buffer): Buffer {
  return Buffer.from([message.length >> 8, message.length & 0xff])
}

/**
 * By hand, because dns-packet writes only the options that it knows:
 *
 *     root name 1 | type 41, 2 | payload size 2 | ext. rcode 1 | version 1 | DO + Z 2 | length 2 | …
 */
function encodeOpt({
  udpPayloadSize = 1232,
  version = 0,
  do: dnssecOk = false,
  options = [],
}: EdnsQuery): Buffer {
  const rdata = Buffer.concat(
    options.flatMap(({ code, data }) => [
      Buffer.from([code >> 8, code & 0xff]),
      lengthOf(data),
      data,
    ]),
  )
  const opt = Buffer.alloc(11)
  opt.writeUInt16BE(41, 1)
  opt.writeUInt16BE(udpPayloadSize, 3)
  opt.writeUInt8(version, 6)
  opt.writeUInt16BE(dnssecOk ? 0x8000 : 0, 7)
  opt.writeUInt16BE(rdata.length, 9)
  return Buffer.concat([opt, rdata])
}
