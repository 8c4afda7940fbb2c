import { parentKey } from '../../shared/records/follow.ts'
import type { Dependency } from '../../shared/records/follow.ts'

/**
 * What stands in place of a name for the serial of a zone: the SOA record of a negative answer has it. No name
 * begins with this octet.
 */
export function serialOf(apex: string): string {
  return `\u00ff${apex}`
}

/** Before a name that is depended on for what stands above it, or that is of no zone; no name begins so. */
const OPEN = '\u00fe'

/** Which names have to be published anew when another name has changed. */
export class Dependents {
  /** All that a name depends on, in one list: there are many of them. */
  readonly #held = new Map<string, readonly string[]>()
  /** By the name that they depend on; one alone, as in most cases, without a set. */
  readonly #by = new Map<string, string | Set<string>>()
  /** How many names depend on a name that goes by what stands above it, or is of no zone. */
  readonly #open = new Map<string, number>()

  /** Notes all that a name depends on, in place of what it did before. */
  set(name: string, dependencies: readonly Dependency[]): void {
    if (dependencies.length === 0 && !this.#held.has(name)) return
    this.#drop(name)
    const names = new Map<string, boolean>()
    for (const { name: other, by } of dependencies) {
      if (other !== name) names.set(other, by !== 'itself' || names.get(other) === true)
    }
    if (names.size === 0) return
    const list = Array.from(names, ([other, isOpen]) => (isOpen ? `${OPEN}${other}` : other))
    this.#held.set(name, list)
    for (const [other, isOpen] of names) {
      this.#add(other, name)
      if (isOpen) this.#open.set(other, (this.#open.get(other) ?? 0) + 1)
    }
  }

  /** The names that depend on a name. */
  of(name: string): readonly string[] {
    const found = this.#by.get(name)
    if (found === undefined) return []
    return typeof found === 'string' ? [found] : [...found]
  }

  /** Whether `openBelow` may give any. */
  get hasOpen(): boolean {
    return this.#open.size > 0
  }

  /**
   * Gives the names that are depended on, go by what stands above them, and are at or below some names;
   * `undefined` for one that was passed over.
   */
  *openBelow(roots: ReadonlySet<string>): Iterable<string | undefined> {
    for (const name of this.#open.keys()) yield isAtOrBelow(name, roots) ? name : undefined
  }

  #add(other: string, name: string): void {
    const found = this.#by.get(other)
    if (found === undefined) this.#by.set(other, name)
    else if (typeof found === 'string') this.#by.set(other, new Set([found, name]))
    else found.add(name)
  }

  #drop(name: string): void {
    const held = this.#held.get(name)
    if (held === undefined) return
    this.#held.delete(name)
    for (const one of held) {
      const isOpen = one.startsWith(OPEN)
      const other = isOpen ? one.slice(OPEN.length) : one
      const found = this.#by.get(other)
      if (found === name) this.#by.delete(other)
      else if (typeof found === 'object' && found.delete(name) && found.size === 0) {
        this.#by.delete(other)
      }
      if (!isOpen) continue
      const count = (this.#open.get(other) ?? 0) - 1
      if (count > 0) this.#open.set(other, count)
      else this.#open.delete(other)
    }
  }
}

/** Whether a name is one of some, or below one. */
export function isAtOrBelow(name: string, roots: ReadonlySet<string>): boolean {
  for (let at = name; at !== ''; at = parentKey(at)) if (roots.has(at)) return true
  return false
}
