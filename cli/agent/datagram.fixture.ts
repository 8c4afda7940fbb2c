import { createSecretKey } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { onTestFinished } from 'vitest'
import type { RenewalDatagram } from '../../shared/renewal/datagram.ts'
import { createAnswer, isGenuine, readRenewal } from '../../shared/renewal/datagram.ts'
import type { RenewalKey } from './datagram-renewer.ts'

// ---- a key, as central has it and as it gives it ----
const handleHex = '00ff10203040a0f0'
const handle = Buffer.from(handleHex, 'hex').toString('latin1')
const secretOctets = Buffer.alloc(32, 0xa5)
export const secretText = secretOctets.toString('base64url')
export const secret = createSecretKey(secretOctets)

/** What comes of the genuine renewal that is the `count`th (from 1): datagrams that are sent back. */
export type Respond = (renewal: RenewalDatagram, count: number) => readonly Buffer[]

/** Where machines send their datagrams, on loopback. */
export interface DatagramCentral {
  readonly key: RenewalKey
  /** Genuine renewals, as they came. */
  readonly seen: readonly RenewalDatagram[]
  /** From where they came. */
  readonly ports: ReadonlySet<number>
  close(): Promise<void>
}

/** Answers each renewal with `renewed`. */
export const renews: Respond = (renewal) => [answerTo(renewal)]

/** Makes a genuine answer; `more` has what is to be otherwise. */
export function answerTo(
  { sequence }: RenewalDatagram,
  more: { readonly result?: 'renewed' | 'register'; readonly handle?: string } = {},
): Buffer {
  return createAnswer({ handle, sequence, result: 'renewed', ...more }, secret)
}

/** Starts a socket that takes renewals with the key above; it is closed with the test. */
export async function startDatagramCentral(
  respond: Respond,
  listen: { readonly address: string; readonly port: number } = { address: '127.0.0.1', port: 0 },
): Promise<DatagramCentral> {
  const seen: RenewalDatagram[] = []
  const ports = new Set<number>()
  const socket = createSocket('udp4')
  socket.on('message', (wire, from) => {
    const renewal = readRenewal(wire)
    if (renewal?.handle !== handle || !isGenuine(wire, secret)) return
    ports.add(from.port)
    for (const answer of respond(renewal, seen.push(renewal))) {
      socket.send(answer, from.port, from.address)
    }
  })
  await new Promise<void>((resolve) => socket.bind(listen.port, listen.address, resolve))
  const { port } = socket.address()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closed ??= new Promise((resolve) => socket.close(() => resolve())))
  onTestFinished(close)
  const key = { host: listen.address, port, handle: handleHex, secret: secretText }
  return { key, seen, ports, close }
}
