import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { CLASS_IN, EDNS_OPTION_ECS, TYPE_A } from '../../shared/dns/codes.ts'
import { systemClock } from '../../shared/clock.ts'
import { EDNS_UDP_SIZE_BYTES } from '../../shared/dns/edns.ts'
import { blankMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { Edns } from '../../shared/dns/message.ts'
import { toName } from '../../shared/dns/name.ts'
import { clientSubnetData } from './client-subnet.ts'

/** Where a DNS server listens. */
export interface Target {
  readonly address: string
  readonly port: number
}

/** A response and how long the client waited for it, from the send call to the message event. */
export interface Timed {
  readonly latencyMs: number
  /** Wire form. */
  readonly response: Buffer
}

/** One question, beside its name. */
export interface AskOptions {
  /** Whether the query has an OPT record. */
  readonly edns?: boolean
  /** Octets of an IPv4 prefix that the query tells (RFC 7871), in an OPT record. */
  readonly clientSubnet?: readonly number[]
  /** How long to wait for the answer. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 2_000

/** A DNS client on one UDP socket that asks one question after the other, as a stub resolver does. */
export class UdpClient {
  readonly #socket: Socket
  #id = 0
  #take: ((response: Buffer) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (response) => this.#take?.(response))
    // Nobody listens there any more: the question that waits runs into its time limit and says so.
    socket.on('error', () => undefined)
  }

  /** Opens a socket that only hears of `target`. */
  static open({ address, port }: Target): Promise<UdpClient> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.connect(port, address, () => {
        socket.off('error', reject)
        resolve(new UdpClient(socket))
      })
    })
  }

  /** Opens a client for as long as `use` takes, whatever becomes of that. */
  static async with<T>(target: Target, use: (client: UdpClient) => Promise<T>): Promise<T> {
    const client = await UdpClient.open(target)
    try {
      return await use(client)
    } finally {
      client.close()
    }
  }

  /** Asks once for the addresses (A) of a name. Rejects when nothing comes in time. */
  ask(
    qname: string,
    { edns = false, clientSubnet, timeoutMs = TIMEOUT_MS }: AskOptions = {},
  ): Promise<Timed> {
    this.#id = (this.#id + 1) & 0xffff
    const query = encodeQuery(
      qname,
      this.#id,
      clientSubnet === undefined ? (edns ? plainOpt : undefined) : optWith(clientSubnet),
    )
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take = undefined
        reject(new Error(`no answer for ${qname} in ${timeoutMs} ms`))
      }, timeoutMs)
      const sentAt = systemClock.nowMs()
      this.#take = (response) => {
        const latencyMs = systemClock.nowMs() - sentAt
        // The late answer to a question that was given up.
        if (response.length < 2 || response.readUInt16BE(0) !== query.readUInt16BE(0)) return
        this.#take = undefined
        clearTimeout(timer)
        resolve({ latencyMs, response })
      }
      this.#socket.send(query)
    })
  }

  /** The question that waits, if any, is left alone: it fails by its time limit. */
  close(): void {
    this.#socket.close()
  }
}

const plainOpt: Edns = { udpSize: EDNS_UDP_SIZE_BYTES, version: 0, dnssecOk: false, options: [] }

function optWith(clientSubnet: readonly number[]): Edns {
  const options = [{ code: EDNS_OPTION_ECS, data: clientSubnetData(clientSubnet) }]
  return { ...plainOpt, options }
}

/** A query for the addresses (A) of a name, in wire form; the same bytes that dnsperf sends. */
export function encodeQuery(qname: string, id: number, edns?: Edns): Buffer {
  const question = { name: toName(qname), type: TYPE_A, class: CLASS_IN }
  return encodeMessage({ ...blankMessage, id, rd: true, questions: [question], edns })
}
