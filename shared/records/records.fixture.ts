import * as fc from 'fast-check'
import {
  TTL_MAX,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HINFO,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../dns/codes.ts'
import { nameFromWire } from '../dns/name.ts'
import type { Record } from './record.ts'
import { TYPE_CAA, TYPE_DNAME, TYPE_LOC, TYPE_NAPTR, TYPE_SSHFP, TYPE_TLSA } from './types.ts'

/** Records of every type, made octet by octet from what the RFCs say of their wire form. */

type Octets = fc.Arbitrary<Uint8Array>

const join = (...parts: readonly Octets[]): Octets =>
  fc.tuple(...parts).map((chunks) => Buffer.concat(chunks))
const octets = (minLength: number, maxLength: number): Octets =>
  fc.uint8Array({ minLength, maxLength })
const fixed = (length: number): Octets => octets(length, length)
const oneOf = (...values: readonly number[]): Octets =>
  fc.constantFrom(...values).map((value) => Uint8Array.of(value))
/** Octets with their number before them. */
const counted = (of: Octets, bytes: 1 | 2): Octets =>
  of.map((data) => {
    const head = Buffer.alloc(bytes)
    head.writeUIntBE(data.length, 0, bytes)
    return Buffer.concat([head, data])
  })
const string = counted(octets(0, 20), 1)
const alphanumeric = (minLength: number): Octets =>
  fc
    .stringMatching(/^[A-Za-z0-9]*$/, { size: 'small' })
    .map((text) => Buffer.from(text.padEnd(minLength, 'a')))

/** Names in wire form: of any octets, but often under `example`. */
const wireName: Octets = fc
  .tuple(
    fc.array(
      fc.oneof(
        octets(1, 12),
        alphanumeric(1).map((label) => label.subarray(0, 63)),
      ),
      { maxLength: 4 },
    ),
    fc.constantFrom('', '\u0007example', '\u0007EXAMPLE'),
  )
  .map(([labels, end]) =>
    Buffer.concat([
      ...labels.map((label) => Buffer.from([label.length, ...label])),
      Buffer.from(`${end}\u0000`, 'latin1'),
    ]),
  )

const param = (key: number, value: Octets) => value.map((data) => ({ key, data }))
/** Parameters that may stand beside each other, whichever there are. */
const params: Octets = fc
  .tuple(
    fc.option(
      param(
        1,
        fc
          .array(counted(octets(1, 9), 1), { minLength: 1, maxLength: 3 })
          .map((ids) => Buffer.concat(ids)),
      ),
    ),
    fc.option(param(3, fixed(2))),
    fc.option(param(4, fixed(8))),
    fc.option(param(5, octets(1, 30))),
    fc.option(param(6, fixed(32))),
    fc.option(param(7, fc.constant(Buffer.from('/q{?dns}')))),
    fc.option(param(8, fixed(0))),
    fc.option(param(667, octets(0, 20))),
    fc.boolean(),
  )
  .map((all) => {
    const list = all.filter((it) => typeof it === 'object' && it !== null)
    const isMandatory = all.at(-1) === true && list.length > 0
    const mandatory = Buffer.from(list.flatMap(({ key }) => [key >> 8, key & 0xff]))
    return Buffer.concat(
      [...(isMandatory ? [{ key: 0, data: mandatory }] : []), ...list].map(({ key, data }) =>
        Buffer.concat([
          Buffer.from([key >> 8, key & 0xff, data.length >> 8, data.length & 0xff]),
          data,
        ]),
      ),
    )
  })
const service = join(fixed(2), wireName, params)

const sizes = fc
  .tuple(fc.nat(9), fc.nat(9))
  .map(([digit, power]) => Uint8Array.of(digit === 0 ? 0 : (digit << 4) | power))
const angle = (degrees: number): Octets =>
  fc.integer({ min: -degrees * 3_600_000, max: degrees * 3_600_000 }).map((value) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(2 ** 31 + value)
    return bytes
  })

/** Rdata of each type that is known, and of one that is not. */
const rdatas: ReadonlyMap<number, Octets> = new Map([
  [TYPE_A, fixed(4)],
  [TYPE_NS, wireName],
  [TYPE_CNAME, wireName],
  [TYPE_SOA, join(wireName, wireName, fixed(20))],
  [TYPE_PTR, wireName],
  [TYPE_HINFO, join(string, string)],
  [TYPE_MX, join(fixed(2), wireName)],
  [TYPE_TXT, fc.array(string, { minLength: 1, maxLength: 4 }).map((list) => Buffer.concat(list))],
  [TYPE_AAAA, fixed(16)],
  [TYPE_LOC, join(oneOf(0), sizes, sizes, sizes, angle(90), angle(180), fixed(4))],
  [TYPE_SRV, join(fixed(6), wireName)],
  [TYPE_NAPTR, join(fixed(4), counted(alphanumeric(0), 1), string, string, wireName)],
  [TYPE_DNAME, wireName],
  [TYPE_DS, join(fixed(3), fc.oneof(join(oneOf(2), fixed(32)), join(oneOf(3), octets(1, 40))))],
  [
    TYPE_SSHFP,
    join(oneOf(1, 4), fc.oneof(join(oneOf(2), fixed(32)), join(oneOf(3), octets(1, 9)))),
  ],
  [TYPE_TLSA, join(fixed(2), fc.oneof(join(oneOf(0), octets(1, 50)), join(oneOf(2), fixed(64))))],
  [TYPE_SVCB, service],
  [TYPE_HTTPS, service],
  [TYPE_CAA, join(fixed(1), counted(alphanumeric(1), 1), octets(0, 40))],
  [65_280, octets(0, 40)],
])

/** The types that `anyRecord` makes. */
export const recordTypes: readonly number[] = [...rdatas.keys()]

/** Makes good records of the given types, with every octet in names and strings. */
export function anyRecord(types: readonly number[] = recordTypes): fc.Arbitrary<Record> {
  return fc.constantFrom(...types).chain((type) =>
    fc.record({
      owner: wireName.map((wire) => nameFromWire(wire, 0) ?? '.'),
      type: fc.constant(type),
      ttl: fc.oneof(fc.nat(86_400), fc.constantFrom(0, TTL_MAX)),
      rdata: (rdatas.get(type) ?? fixed(0)).map((rdata) => Uint8Array.from(rdata)),
    }),
  )
}
