import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import type { AnswerDatagram, DatagramResult } from '../../shared/renewal/datagram.ts'
import { createRenewal, isGenuine, readAnswer } from '../../shared/renewal/datagram.ts'

/** What a central gives a machine so that it renews by datagram. */
export interface RenewalKey {
  /** The central's name or address, an IPv6 address without brackets. */
  readonly host: string
  /** Where it takes datagrams (UDP). */
  readonly port: number
  /** As hex digits. */
  readonly handle: string
  /** Octets as base64url (RFC 4648 §5). */
  readonly secret: string
}

/** What came of a renewal; `silent`: nothing that is genuine has come in time, or central cannot be reached. */
export type DatagramOutcome = DatagramResult | 'silent'

/** Datagrams of one renewal: one or two may be lost. */
const ATTEMPTS_MAX = 3
/** Addresses of a host that are tried, each with one of the datagrams of the first renewal. */
const ADDRESSES_MAX = ATTEMPTS_MAX

/** Finds the addresses of a host. Rejects when there are none. */
type FindAddresses = (host: string) => Promise<readonly LookupAddress[]>

const findAddresses: FindAddresses = (host) => lookup(host, { all: true })

/**
 * Renews the lease of one machine by datagrams, with one key. A host may have several addresses, of which some
 * lead nowhere or to another central, who does not know the key: the first that is answered from is kept.
 */
export class DatagramRenewer {
  readonly #find: () => Promise<readonly LookupAddress[]>
  readonly #port: number
  readonly #handle: string
  readonly #secret: KeyObject
  #sequence = 0
  /** Done once, with the first renewal. */
  #opened: Promise<void> | undefined
  /** Connected, each to an address of the host; undefined until they are known. */
  #sockets: readonly Socket[] | undefined
  #isClosed = false
  /** The renewal that is under way. */
  #round: Round | undefined

  /** `find` tells the addresses of a host, as `lookup` of node:dns does. */
  constructor({ host, port, handle, secret }: RenewalKey, find: FindAddresses = findAddresses) {
    this.#find = () => find(host)
    this.#port = port
    this.#handle = Buffer.from(handle, 'hex').toString('latin1')
    this.#secret = createSecretKey(Buffer.from(secret, 'base64url'))
  }

  /** Renews the lease, and tells the load, in percent, where there is one. One call at a time. */
  async renew(load: number | undefined, deadlineMs: number): Promise<DatagramOutcome> {
    const { promise, resolve } = Promise.withResolvers<DatagramOutcome>()
    const round: Round = { load, first: this.#sequence, left: ATTEMPTS_MAX, end: resolve }
    this.#round = round
    const deadline = setTimeout(resolve, deadlineMs, 'silent')
    this.#opened ??= this.#open()
    void this.#opened.then(() => this.#send(round))
    const again = setInterval(() => this.#send(round), deadlineMs / ATTEMPTS_MAX)
    const outcome = await promise
    clearInterval(again)
    clearTimeout(deadline)
    this.#round = undefined
    return outcome
  }

  /** Ends the renewal that is under way, as a silent one; later ones are silent at once. */
  close(): void {
    this.#isClosed = true
    this.#keep([])
    this.#round?.end('silent')
  }

  async #open(): Promise<void> {
    // A name that is not known now: no socket, silence.
    const found = await this.#find().catch(() => [])
    const opened = await Promise.all(
      found.slice(0, ADDRESSES_MAX).map((address) => connect(address, this.#port)),
    )
    const sockets = opened.filter((socket) => socket !== undefined)
    this.#sockets = sockets
    if (this.#isClosed) this.#keep([])
    for (const socket of sockets) {
      socket.on('message', (wire) => this.#take(wire, socket))
      socket.on('error', () => this.#drop(socket))
    }
  }

  /** Sends the next datagram of a renewal, to the next address. */
  #send(round: Round): void {
    if (this.#sockets === undefined || this.#round !== round) return
    if (this.#sockets.length === 0) round.end('silent')
    const socket = this.#sockets[(ATTEMPTS_MAX - round.left) % this.#sockets.length]
    if (socket === undefined || round.left === 0) return
    round.left--
    // Each has its own: central takes only what is above the last.
    const sequence = ++this.#sequence
    const wire = createRenewal({ handle: this.#handle, sequence, load: round.load }, this.#secret)
    socket.send(wire, (err) => {
      if (err !== null) this.#drop(socket)
    })
  }

  /** Takes what has come. What is no genuine answer to this renewal is nobody's, and changes nothing. */
  #take(wire: Buffer, socket: Socket): void {
    const round = this.#round
    const answer = readAnswer(wire)
    if (round === undefined || answer === undefined || !this.#isOf(round, answer)) return
    if (!isGenuine(wire, this.#secret)) return
    this.#keep([socket])
    round.end(answer.result)
  }

  #isOf({ first }: Round, { handle, sequence }: AnswerDatagram): boolean {
    return handle === this.#handle && sequence > first && sequence <= this.#sequence
  }

  /** Leaves an address that refuses (ICMP), or that nothing can be sent to, for the next at once. */
  #drop(socket: Socket): void {
    if (this.#sockets?.includes(socket) !== true) return
    this.#keep(this.#sockets.filter((other) => other !== socket))
    if (this.#round !== undefined) this.#send(this.#round)
  }

  /** Closes the other sockets. */
  #keep(kept: readonly Socket[]): void {
    for (const socket of this.#sockets ?? []) if (!kept.includes(socket)) socket.close()
    this.#sockets = kept
  }
}

/** A renewal that is under way. */
interface Round {
  readonly load: number | undefined
  /** What counts as an answer is above this sequence. */
  readonly first: number
  /** Datagrams that may still be sent. */
  left: number
  readonly end: (outcome: DatagramOutcome) => void
}

/** A socket that takes only what comes from there, and hears of refusals; undefined where there is no way. */
async function connect(
  { address, family }: LookupAddress,
  port: number,
): Promise<Socket | undefined> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  // A renewal has its timers: without one nothing is waited for.
  socket.unref()
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.connect(port, address)
  })
  if (isConnected) return socket
  socket.close()
  return undefined
}
