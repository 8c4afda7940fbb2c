import { TYPE_A, TYPE_CNAME, TYPE_DS, TYPE_NS, TYPE_TXT } from '../../../shared/dns/codes.ts'
import { nameFromWire, nameToWire, parentOf } from '../../../shared/dns/name.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { rdataNames } from '../../../shared/records/rdata.ts'
import { Dice } from './dice.ts'
import { below, between } from './names.ts'
import { zoneTypes } from './rdata.ts'
import type { World } from './world.ts'

/** What is asked, with the octets of the name as they are sent: some letters in upper case. */
export interface Question {
  readonly qname: Name
  readonly qtype: number
  readonly wire: Buffer
}

/** A type that no name has. */
const TYPE_ABSENT = 65_281

/** Asked of every name that stands in a zone. ANY is left out: RFC 8482 leaves its answer to each server. */
const allTypes = [...zoneTypes, TYPE_ABSENT]
/** Asked of names around them. */
const someTypes = [TYPE_A, TYPE_TXT, TYPE_CNAME, TYPE_NS, TYPE_DS]

/** At most `max` questions about the zones of a world: their names, and what is below and beside. */
export function questionsOf(world: World, max: number): readonly Question[] {
  const dice = new Dice(world.seed)
  const owners = new Set<Name>()
  const around = new Set<Name>(['.', 'example.', 'elsewhere.test.', `x.w${world.seed}.test.`])
  const add = (name: Name | undefined): void => {
    if (name !== undefined && !owners.has(name)) around.add(name)
  }
  for (const { apex, records } of world.zones) {
    for (const { owner } of records) {
      owners.add(owner)
      for (const name of between(owner, apex)) owners.add(name)
    }
  }
  for (const { records } of world.zones) {
    for (const { owner, type, rdata } of records) {
      for (const { at } of rdataNames(type, rdata)) add(nameFromWire(rdata, at))
      add(below('zz.', owner))
    }
  }
  for (const name of owners) {
    for (const labels of ['*.', 'a.', 'y.zz.', '*.zz.', `${'q'.repeat(63)}.`]) {
      if (dice.percent(50)) add(below(labels, name))
    }
    const parent = parentOf(name)
    if (parent !== undefined) add(below('beside.', parent))
  }
  const asked = [
    ...[...owners].flatMap((qname) => allTypes.map((qtype) => ({ qname, qtype }))),
    ...[...around].flatMap((qname) => someTypes.map((qtype) => ({ qname, qtype }))),
  ]
  return dice
    .some(asked, max)
    .map(({ qname, qtype }) => ({ qname, qtype, wire: casedWire(dice, qname) }))
}

/** RFC 4343: case does not matter, and stays as it was asked. */
function casedWire(dice: Dice, name: Name): Buffer {
  const wire = nameToWire(name)
  if (!dice.percent(20)) return wire
  return Buffer.from(
    wire.map((octet) =>
      octet >= 0x61 && octet <= 0x7a && dice.percent(50) ? octet - 0x20 : octet,
    ),
  )
}
