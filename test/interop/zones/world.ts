import { TYPE_DNAME } from '../../../shared/records/types.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { Dice } from './dice.ts'
import { below, longName, makeNames } from './names.ts'
import { rdataOf } from './rdata.ts'
import type { MadeZone } from './zone-maker.ts'
import { ZoneMaker } from './zone-maker.ts'

/** Zones that lead to each other: a parent, a child of it or not, a sibling, one that is a DNAME. */
export interface World {
  readonly seed: number
  readonly zones: readonly MadeZone[]
}

/**
 * Makes the same world for the same seeds. Its apexes are those of the first seed, which they have in them; what
 * is in the zones is that of the second.
 */
export function makeWorld(seed: number, dataSeed = seed): World {
  const layout = new Dice(seed)
  const dice = new Dice(dataSeed)
  const parent = `w${seed}.example.`
  const children = layout.some([`child.${parent}`, `a.b.${parent}`], layout.below(3))
  const sibling = layout.percent(70) ? [`s${seed}.test.`] : []
  const redirect = layout.percent(50) ? [`r${seed}.test.`] : []
  const full = [parent, ...children, ...sibling]
  const names = new Map(full.map((apex) => [apex, makeNames(dice, apex, dice.between(8, 24))]))
  const apexes = [...full, ...redirect]
  const target = (own: Name) => () => makeTarget(dice, own, apexes, names)
  const aliases = new Map(full.map((apex) => [apex, new Map<Name, Name>()]))
  addChains(dice, aliases, target)
  const make = (apex: Name, children: readonly MadeZone[]): MadeZone =>
    new ZoneMaker(dice, {
      apex,
      names: names.get(apex) ?? [],
      aliases: aliases.get(apex) ?? new Map<Name, Name>(),
      children,
      target: target(apex),
    }).make()
  const belowParent = children.map((apex) => make(apex, []))
  const zones = [
    make(parent, belowParent),
    ...belowParent,
    ...sibling.map((apex) => make(apex, [])),
  ]
  const redirects = redirect.map((apex) => redirectZone(dice, apex, target(apex)))
  return { seed, zones: [...zones, ...redirects] }
}

/** Chains of aliases, in one zone and over zones: some end somewhere, some never. */
function addChains(
  dice: Dice,
  aliases: ReadonlyMap<Name, Map<Name, Name>>,
  target: (own: Name) => () => Name,
): void {
  const apexes = [...aliases.keys()]
  const ends: { readonly [chain: string]: (first: Name, at: Name) => Name } = {
    long: (_, at) => target(at)(),
    some: (_, at) => target(at)(),
    apex: (_, at) => at,
    far: (_, at) => `${'f'.repeat(63)}.far.${at}`,
    loop: (first) => first,
  }
  for (const [chain, endOf] of Object.entries(ends)) {
    const length = chain === 'long' ? 9 : dice.pick([2, 3, 4, 5])
    const zones = Array.from({ length }, () => dice.pick(apexes))
    const staysIn = chain === 'long' || dice.percent(50) ? zones[0] : undefined
    const links = zones.map((apex, i) => {
      const at = staysIn ?? apex
      return { at, name: `${chain}${i}.${at}` }
    })
    links.forEach(({ at, name }, i) => {
      aliases.get(at)?.set(name, links[i + 1]?.name ?? endOf(links[0]?.name ?? name, at))
    })
  }
}

/** A zone that leads elsewhere as a whole (RFC 6672 §2.3: DNAME beside NS at an apex). */
function redirectZone(dice: Dice, apex: Name, target: () => Name): MadeZone {
  const { records } = new ZoneMaker(dice, {
    apex,
    names: [],
    aliases: new Map(),
    children: [],
    target,
  }).make()
  const dname = { owner: apex, type: TYPE_DNAME, ttl: 300, rdata: rdataOf(TYPE_DNAME, target()) }
  return { apex, records: [...records.filter(({ owner }) => owner === apex), dname] }
}

/** Where a record leads to: mostly to names that stand in the own zone, at or below something. */
function makeTarget(
  dice: Dice,
  own: Name,
  apexes: readonly Name[],
  names: ReadonlyMap<Name, readonly Name[]>,
): Name {
  const apex = dice.percent(65) ? own : dice.pick(apexes)
  const base = dice.pick([...(names.get(apex) ?? []), apex])
  switch (dice.below(10)) {
    case 0:
      return dice.pick(['elsewhere.test.', 'www.elsewhere.test.', '.', 'example.'])
    case 1:
    case 2:
    case 3:
      return below(dice.pick(['a.', 'x.', '*.', 'x.a.', `${'t'.repeat(63)}.`]), base) ?? base
    case 4:
      return dice.percent(30) ? longName(apex, dice.between(200, 255)) : apex
    default:
      return base
  }
}
