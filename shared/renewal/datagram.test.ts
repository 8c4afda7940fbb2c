import { createHash, createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  RENEWAL_BYTES,
  SECRET_BYTES,
  SEQUENCE_MAX,
  createAnswer,
  createRenewal,
  isGenuine,
  readAnswer,
  readRenewal,
} from './datagram.ts'

const octets = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes))
const secrets = octets(SECRET_BYTES).map((secret) => createSecretKey(secret))
const handles = octets(8).map((handle) => handle.toString('latin1'))
const sequences = fc.oneof(fc.constantFrom(0, 1, SEQUENCE_MAX), fc.nat({ max: SEQUENCE_MAX }))
const loads = fc.option(
  fc.nat({ max: 10_000 }).map((tenths) => tenths / 10),
  { nil: undefined },
)
const renewals = fc.record({ handle: handles, sequence: sequences, load: loads })
const answers = fc.record({
  handle: handles,
  sequence: sequences,
  result: fc.constantFrom('renewed' as const, 'register' as const),
})

const secretOctets = Buffer.alloc(SECRET_BYTES, 0x0b)
const secret = createSecretKey(secretOctets)
const handle = '\x01\x23\x45\x67\x89\xab\xcd\xef'

/** RFC 2104 §2: H(K XOR opad, H(K XOR ipad, text)), for keys that are no longer than a block. */
function hmacByHand(key: Buffer, text: Buffer): Buffer {
  const padded = (octet: number): Buffer =>
    Buffer.from(Array.from({ length: 64 }, (_, i) => (key[i] ?? 0) ^ octet))
  const inner = createHash('sha256').update(padded(0x36)).update(text).digest()
  return createHash('sha256').update(padded(0x5c)).update(inner).digest()
}

describe('what is written', () => {
  it('is read again, and genuine', () => {
    fc.assert(
      fc.property(renewals, answers, secrets, (renewal, answer, secret) => {
        const written = [createRenewal(renewal, secret), createAnswer(answer, secret)] as const
        expect(readRenewal(written[0])).toEqual(renewal)
        expect(readAnswer(written[1])).toEqual(answer)
        for (const wire of written) {
          expect([wire.length, isGenuine(wire, secret)]).toEqual([RENEWAL_BYTES, true])
        }
        // Neither is the other.
        expect([readAnswer(written[0]), readRenewal(written[1])]).toEqual([undefined, undefined])
      }),
    )
  })

  it.each([
    ['a renewal', { load: 40.5 }, '4d524e31 0123456789abcdef 0000000a0b0c 0195'],
    ['one without a load', {}, '4d524e31 0123456789abcdef 0000000a0b0c ffff'],
    ['an answer', { result: 'renewed' }, '4d524131 0123456789abcdef 0000000a0b0c 0000'],
    ['a refusal', { result: 'register' }, '4d524131 0123456789abcdef 0000000a0b0c 0001'],
  ] as const)('stands on the wire as it is described: %s', (_what, said, head) => {
    const common = { handle, sequence: 0x0a_0b_0c }
    const load = 'load' in said ? said.load : undefined
    const wire =
      'result' in said
        ? createAnswer({ ...common, ...said }, secret)
        : createRenewal({ ...common, load }, secret)
    const octets = head.replaceAll(' ', '')
    const mac = hmacByHand(secretOctets, Buffer.from(octets, 'hex')).subarray(0, 16)
    expect(wire.toString('hex')).toBe(octets + mac.toString('hex'))
  })

  it('has the MAC of RFC 4231 §4.2, as far as this test knows it', () => {
    const key = Buffer.alloc(20, 0x0b)
    expect(hmacByHand(key, Buffer.from('Hi There')).toString('hex')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    )
  })
})

describe('what is not genuine', () => {
  it('each flipped bit of a renewal and of an answer is seen', () => {
    for (const wire of [
      createRenewal({ handle, sequence: 7, load: 40 }, secret),
      createAnswer({ handle, sequence: 7, result: 'renewed' }, secret),
    ]) {
      for (let bit = 0; bit < RENEWAL_BYTES * 8; bit++) {
        const flipped = Buffer.from(wire)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect([bit, isGenuine(flipped, secret)]).toEqual([bit, false])
      }
    }
  })

  it('another secret gives another MAC', () => {
    fc.assert(
      fc.property(renewals, secrets, secrets, (renewal, one, other) => {
        fc.pre(!one.equals(other))
        expect(isGenuine(createRenewal(renewal, one), other)).toBe(false)
      }),
    )
  })
})

describe('what is none', () => {
  it.each([0, 1, 19, 20, RENEWAL_BYTES - 1, RENEWAL_BYTES + 1, 64, 1500])(
    'is %d octets long',
    (length) => {
      for (const wire of [
        createRenewal({ handle, sequence: 7, load: 40 }, secret),
        createAnswer({ handle, sequence: 7, result: 'renewed' }, secret),
      ]) {
        const other = Buffer.concat([wire, Buffer.alloc(1500)]).subarray(0, length)
        expect([readRenewal(other), readAnswer(other)]).toEqual([undefined, undefined])
      }
    },
  )

  it.each([
    [10_000, 1_000],
    [10_001, undefined],
    [65_534, undefined],
  ])('has a load of %d tenths: %s', (tenths, load) => {
    const wire = createRenewal({ handle, sequence: 7, load: 40 }, secret)
    wire.writeUInt16BE(tenths, 18)
    expect(readRenewal(wire)?.load).toBe(load)
  })

  it('has a result that nobody knows', () => {
    const wire = createAnswer({ handle, sequence: 7, result: 'register' }, secret)
    wire.writeUInt16BE(2, 18)
    expect(readAnswer(wire)).toBe(undefined)
  })

  it('is any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const wire = Buffer.from(bytes)
        expect([readRenewal(wire), readAnswer(wire)]).toEqual([undefined, undefined])
      }),
    )
  })
})
