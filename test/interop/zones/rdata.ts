import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { parseRdata } from '../../../shared/records/rdata.ts'
import {
  TYPE_CAA,
  TYPE_DNAME,
  TYPE_LOC,
  TYPE_NAPTR,
  TYPE_SSHFP,
  TYPE_TLSA,
} from '../../../shared/records/types.ts'
import type { Dice } from './dice.ts'

/** A type that no server knows (RFC 6895 §3.1, private use). */
const TYPE_PRIVATE = 65_280

/** Makes a name that a record leads to. */
export type Target = () => Name

const hex = (dice: Dice, bytes: number): string =>
  Array.from({ length: bytes }, () => dice.below(256).toString(16).padStart(2, '0')).join('')

/** Names in rdata keep their case: some are written in upper case. */
const cased = (dice: Dice, name: Name): string => (dice.percent(20) ? name.toUpperCase() : name)

const ipv4 = (dice: Dice): string => `192.0.2.${dice.below(256)}`
const ipv6 = (dice: Dice): string => `2001:db8::${dice.below(65_536).toString(16)}`

function service(dice: Dice, target: Target): string {
  if (dice.percent(25)) return `0 ${cased(dice, target())}`
  const name = dice.percent(30) ? '.' : cased(dice, target())
  const params = [
    dice.percent(30) ? 'mandatory=alpn,port' : '',
    'alpn=h2,h3',
    'port=8443',
    dice.percent(50) ? `ipv4hint=${ipv4(dice)}` : '',
    dice.percent(50) ? `ipv6hint=${ipv6(dice)}` : '',
    dice.percent(30) ? `key667=${hex(dice, 3)}` : '',
  ]
  return [dice.between(1, 9), name, ...params].filter((part) => part !== '').join(' ')
}

/** A string of any octets, in quotes. */
function anyString(dice: Dice, bytes: number): string {
  const octets = Array.from({ length: bytes }, () => String(dice.below(256)).padStart(3, '0'))
  return `"${octets.map((octet) => `\\${octet}`).join('')}"`
}

/** Text of one rdata of each type that stands beside others at a name. */
const dataTypes: ReadonlyMap<number, (dice: Dice, target: Target) => string> = new Map([
  [TYPE_A, ipv4],
  [TYPE_AAAA, ipv6],
  [TYPE_MX, (dice: Dice, target: Target) => `${dice.below(100)} ${cased(dice, target())}`],
  [TYPE_TXT, (dice: Dice) => anyString(dice, dice.between(0, 20))],
  [TYPE_SRV, (dice: Dice, target: Target) => `1 2 ${dice.below(65_536)} ${cased(dice, target())}`],
  [TYPE_PTR, (dice: Dice, target: Target) => cased(dice, target())],
  [TYPE_CAA, (dice: Dice) => `0 issue "${dice.below(1000)}.test"`],
  [TYPE_SVCB, service],
  [TYPE_HTTPS, service],
  [
    TYPE_NAPTR,
    (dice: Dice, target: Target) =>
      `1 ${dice.below(100)} "s" "SIP+D2U" "" ${cased(dice, target())}`,
  ],
  [TYPE_LOC, (dice: Dice) => `42 21 ${dice.below(60)} N 71 6 18 W ${dice.below(99)}m 30m`],
  [TYPE_TLSA, (dice: Dice) => `3 1 1 ${hex(dice, 32)}`],
  [TYPE_SSHFP, (dice: Dice) => `4 2 ${hex(dice, 32)}`],
  [TYPE_PRIVATE, (dice: Dice) => `\\# 4 ${hex(dice, 4)}`],
])

/** The types of records that stand beside others at a name. */
export const plainTypes: readonly number[] = [...dataTypes.keys()]

/** All types that zones are made of. */
export const zoneTypes: readonly number[] = [
  TYPE_SOA,
  TYPE_NS,
  TYPE_CNAME,
  TYPE_DNAME,
  TYPE_DS,
  ...plainTypes,
]

/** Makes the text of one rdata. */
export function makeRdata(type: number, dice: Dice, target: Target): string {
  if (type === TYPE_NS || type === TYPE_CNAME || type === TYPE_DNAME) return cased(dice, target())
  if (type === TYPE_DS) return `${dice.below(65_536)} 13 2 ${hex(dice, 32)}`
  const make = dataTypes.get(type)
  if (make === undefined) throw new RangeError(`nothing is made for type ${type}`)
  return make(dice, target)
}

/** The wire form of the text of an rdata. Throws when it is not good. */
export function rdataOf(type: number, text: string): Uint8Array {
  const read = parseRdata(type, text)
  if (!read.ok)
    throw new TypeError(`type ${type} ${text}: ${read.fault.found} ${read.fault.wanted}`)
  return read.rdata
}
