/**
 * The datagrams by which machines renew their leases, and those that answer them.
 *
 *      0  magic     4 octets, `MRN1` of a renewal, `MRA1` of an answer
 *      4  handle    8 octets, names the key
 *     12  sequence  6 octets, of a renewal: above those of all before with this key; of an answer: the same
 *     18  value     2 octets, of a renewal: the load in tenths of a percent, or 65535; of an answer: a result
 *     20  MAC       16 octets: HMAC-SHA-256-128 of the 20 before, with the secret of the key
 *
 * Numbers are big-endian. A renewal says nothing that is secret, and whoever repeats one changes nothing. An
 * answer is as long as what it answers, so that nothing is amplified, and only what is genuine is answered.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LOAD_MAX_PERCENT } from '../registry/limits.ts'

/** Octets of a renewal, and of an answer. */
export const RENEWAL_BYTES = 36
/** Octets of a handle. */
export const HANDLE_BYTES = 8
/** Octets of a secret: as many as the hash has (RFC 2104 §3). */
export const SECRET_BYTES = 32
/** The highest number of a sequence: at one each millisecond it is reached after 8,900 years. */
export const SEQUENCE_MAX = 2 ** 48 - 1

/** What central answers: the lease is renewed, or the machine has to register anew. */
export type DatagramResult = 'renewed' | 'register'

/** What a renewal says. */
export interface RenewalDatagram {
  /** As octets in latin1: the key of a Map. */
  readonly handle: string
  readonly sequence: number
  /** Percent, in tenths; undefined where nothing is said of it. */
  readonly load: number | undefined
}

/** What an answer says. */
export interface AnswerDatagram {
  readonly handle: string
  readonly sequence: number
  readonly result: DatagramResult
}

const MAGIC_RENEWAL = 0x4d_52_4e_31
const MAGIC_ANSWER = 0x4d_52_41_31
const HANDLE_AT = 4
const SEQUENCE_AT = 12
const SEQUENCE_BYTES = 6
const VALUE_AT = 18
const MAC_AT = 20
/** RFC 2104 §5: at least half of the hash, and not below 80 bits. */
const MAC_BYTES = 16
const NO_LOAD = 0xff_ff
const RENEWED = 0
const REGISTER = 1

/** Makes a renewal. */
export function createRenewal(renewal: RenewalDatagram, secret: KeyObject): Buffer {
  const { handle, sequence, load } = renewal
  const value = load === undefined ? NO_LOAD : Math.round(load * 10)
  return create(MAGIC_RENEWAL, handle, sequence, value, secret)
}

/** Makes an answer. */
export function createAnswer({ handle, sequence, result }: AnswerDatagram, key: KeyObject): Buffer {
  return create(MAGIC_ANSWER, handle, sequence, result === 'renewed' ? RENEWED : REGISTER, key)
}

/** Reads a renewal; undefined for what is none. `isGenuine` says whether it is of who has the secret. */
export function readRenewal(wire: Buffer): RenewalDatagram | undefined {
  if (wire.length !== RENEWAL_BYTES || wire.readUInt32BE(0) !== MAGIC_RENEWAL) return undefined
  const value = wire.readUInt16BE(VALUE_AT)
  if (value !== NO_LOAD && value > LOAD_MAX_PERCENT * 10) return undefined
  const load = value === NO_LOAD ? undefined : value / 10
  return { handle: handleOf(wire), sequence: sequenceOf(wire), load }
}

/** Reads an answer; undefined for what is none. */
export function readAnswer(wire: Buffer): AnswerDatagram | undefined {
  if (wire.length !== RENEWAL_BYTES || wire.readUInt32BE(0) !== MAGIC_ANSWER) return undefined
  const value = wire.readUInt16BE(VALUE_AT)
  if (value !== RENEWED && value !== REGISTER) return undefined
  const result = value === RENEWED ? 'renewed' : 'register'
  return { handle: handleOf(wire), sequence: sequenceOf(wire), result }
}

/** Whether a datagram that was read was made with a secret. */
export function isGenuine(wire: Buffer, secret: KeyObject): boolean {
  return timingSafeEqual(macOf(wire, secret), wire.subarray(MAC_AT, RENEWAL_BYTES))
}

function create(
  magic: number,
  handle: string,
  sequence: number,
  value: number,
  secret: KeyObject,
): Buffer {
  const wire = Buffer.allocUnsafe(RENEWAL_BYTES)
  wire.writeUInt32BE(magic, 0)
  wire.write(handle, HANDLE_AT, HANDLE_BYTES, 'latin1')
  wire.writeUIntBE(sequence, SEQUENCE_AT, SEQUENCE_BYTES)
  wire.writeUInt16BE(value, VALUE_AT)
  wire.set(macOf(wire, secret), MAC_AT)
  return wire
}

function handleOf(wire: Buffer): string {
  return wire.toString('latin1', HANDLE_AT, HANDLE_AT + HANDLE_BYTES)
}

function sequenceOf(wire: Buffer): number {
  return wire.readUIntBE(SEQUENCE_AT, SEQUENCE_BYTES)
}

function macOf(wire: Buffer, secret: KeyObject): Buffer {
  const mac = createHmac('sha256', secret).update(wire.subarray(0, MAC_AT)).digest()
  return mac.subarray(0, MAC_BYTES)
}
