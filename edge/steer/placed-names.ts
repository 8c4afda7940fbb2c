import type { AnswerChoice, LocatedAnswers } from '../table/choices.ts'
import type { TableWriter } from '../table/writer.ts'
import { isByPlace } from './app-answers.ts'
import { LocationMaps } from './location-maps.ts'
import type { MapOfPlan } from './location-maps.ts'
import type { TypedAnswer } from './publication.ts'

/** The names whose answers go by the place of the client, with the maps that they hold. */
export class PlacedNames {
  readonly #maps: LocationMaps
  readonly #byName = new Map<string, readonly number[]>()

  constructor(table: TableWriter) {
    this.#maps = new LocationMaps(table)
  }

  /** Makes sure of the map that an answer goes by; without one it is for the control thread to give. */
  take(answer: TypedAnswer['answer'], maps: number[]): AnswerChoice | LocatedAnswers | undefined {
    if (answer === undefined || !isByPlace(answer)) return answer
    const mapNumber = this.#maps.take(answer.plan)
    if (mapNumber === undefined) return undefined
    maps.push(mapNumber)
    return { mapNumber, choices: answer.choices }
  }

  /** The maps that a name holds from now on, taken already; undefined where no client's place matters. */
  hold(key: string, maps: readonly number[] | undefined): void {
    const before = this.#byName.get(key)
    if (maps === undefined) this.#byName.delete(key)
    else this.#byName.set(key, maps)
    for (const number of before ?? []) this.#maps.release(number)
  }

  /**
   * Brings the maps of names to the places that clients can have now, in steps; `planAfter` as of
   * `LocationMaps.follow`. Gives the names that have to be published for it, as their answers are others, or are
   * not by a map.
   */
  *follow(
    planAfter: (map: Uint16Array) => MapOfPlan | undefined,
  ): Generator<undefined, readonly string[], undefined> {
    const left = yield* this.#maps.follow(planAfter)
    const names: string[] = []
    for (const [name, maps] of this.#byName) {
      if (maps.length === 0 || maps.some((number) => left.has(number))) names.push(name)
    }
    return names
  }
}
