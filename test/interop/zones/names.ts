import { isAtOrUnder, NAME_MAX_BYTES, nameToWire, parentOf } from '../../../shared/dns/name.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { Dice } from './dice.ts'

/** A small alphabet, so that names meet; every form of label that is hard to get right. */
const plainLabels = ['a', 'b', 'c', 'd', 'www', '_sip', 'xn--a']
const oddLabels = [
  '\\000',
  // A dot within a label.
  '\\046',
  'a\\046b',
  '\\255\\127',
  'a\\032b',
  '\\092',
  '\\034\\040\\059\\041\\064\\036',
  // Not asterisk labels (RFC 4592 §2.1.1), though they have an asterisk.
  '**',
  '*a',
  'l'.repeat(63),
]

/** A label with its dot, as canonical names have it. */
function makeLabel(dice: Dice): string {
  if (dice.percent(14)) return '*.'
  return `${dice.percent(75) ? dice.pick(plainLabels) : dice.pick(oddLabels)}.`
}

/** The name with labels before it; undefined when it is too long for a name (RFC 1035 §2.3.4). */
export function below(labels: string, name: Name): Name | undefined {
  const made = name === '.' ? labels : `${labels}${name}`
  return octetsOf(made) <= NAME_MAX_BYTES ? made : undefined
}

/** Octets of labels or of a name in wire form. */
function octetsOf(text: string): number {
  return text.replaceAll(/\\\d{3}/g, 'x').length + 1
}

/** Whether the first label is the asterisk label (RFC 4592 §2.1.1). */
export function isWildcard(name: Name): boolean {
  return name.startsWith('*.')
}

/** Names under an apex, in a tree that has gaps: some exist by the names below them only. */
export function makeNames(dice: Dice, apex: Name, count: number): readonly Name[] {
  const names: Name[] = []
  for (let i = 0; i < count; i++) {
    const above = names.length > 0 && dice.percent(45) ? dice.pick(names) : apex
    const labels = Array.from({ length: dice.pick([1, 1, 1, 2, 3]) }, () => makeLabel(dice))
    const name = below(labels.join(''), above)
    if (name !== undefined && !names.includes(name)) names.push(name)
  }
  return [...names, longName(apex, dice.between(250, NAME_MAX_BYTES))]
}

/** A name of so many octets in wire form, of labels as long as they may be. */
export function longName(apex: Name, bytes: number): Name {
  let name = apex
  for (;;) {
    const room = bytes - nameToWire(name).length - 1
    if (room < 1) return name
    // What is left has to be none, or enough for a label.
    const length = room === 64 ? 62 : Math.min(room, 63)
    name = `${'n'.repeat(length)}.${name}`
  }
}

/** The ancestors of a name below an apex, nearest first, without both. */
export function between(name: Name, apex: Name): readonly Name[] {
  const found: Name[] = []
  for (let at = parentOf(name); at !== undefined && at !== apex; at = parentOf(at)) {
    if (!isAtOrUnder(at, apex)) break
    found.push(at)
  }
  return found
}
