import { isWildcardKey } from '../../shared/records/follow.ts'

/** What some names of a zone mean for others, as the answer table has to know of the zone. */
export interface ZoneShape {
  readonly hasWildcards: boolean
  readonly hasSubtrees: boolean
}

/** Which names in the answer table are wildcards, or stand for all below them, counted by zone. */
export class ZoneShapes {
  /** By name: the apex of its zone. Only names that are counted. */
  readonly #wildcards = new Map<string, string>()
  readonly #subtrees = new Map<string, string>()
  readonly #counts = new Map<string, { wildcards: number; subtrees: number }>()

  /** The shape of the zone with an apex. */
  of(apex: string): ZoneShape {
    const counts = this.#counts.get(apex)
    return {
      hasWildcards: counts !== undefined && counts.wildcards > 0,
      hasSubtrees: counts !== undefined && counts.subtrees > 0,
    }
  }

  /** Whether a name stands for all below it. */
  isSubtree(name: string): boolean {
    return this.#subtrees.has(name)
  }

  /**
   * Notes a name as one that is in the table, in the zone with an apex; undefined: it is not there any
   * more. Returns the apexes of the zones whose shape is another now.
   */
  note(name: string, apex: string | undefined, isSubtree: boolean): readonly string[] {
    const isWildcard = apex !== undefined && isWildcardKey(name)
    // As of nearly all names.
    if (!isWildcard && !isSubtree && !this.#wildcards.has(name) && !this.#subtrees.has(name)) {
      return []
    }
    const before = [this.#wildcards.get(name), this.#subtrees.get(name)]
    const apexes = [...new Set([apex, ...before].filter((one) => one !== undefined))]
    const shapes = apexes.map((one) => this.of(one))
    this.#move(this.#wildcards, 'wildcards', name, isWildcard ? apex : undefined)
    this.#move(this.#subtrees, 'subtrees', name, isSubtree ? apex : undefined)
    return apexes.filter((one, i) => {
      const shape = this.of(one)
      return (
        shape.hasWildcards !== shapes[i]?.hasWildcards ||
        shape.hasSubtrees !== shapes[i]?.hasSubtrees
      )
    })
  }

  #move(
    names: Map<string, string>,
    what: 'wildcards' | 'subtrees',
    name: string,
    apex: string | undefined,
  ): void {
    const before = names.get(name)
    if (before === apex) return
    if (before !== undefined) this.#count(before, what, -1)
    if (apex === undefined) names.delete(name)
    else {
      names.set(name, apex)
      this.#count(apex, what, 1)
    }
  }

  #count(apex: string, what: 'wildcards' | 'subtrees', by: 1 | -1): void {
    const counts = this.#counts.get(apex) ?? { wildcards: 0, subtrees: 0 }
    counts[what] += by
    if (counts.wildcards === 0 && counts.subtrees === 0) this.#counts.delete(apex)
    else this.#counts.set(apex, counts)
  }
}
