import { serviceSchema } from '../../shared/registry/service-schema.ts'
import type { Service } from '../../shared/registry/service-schema.ts'

/**
 * What apps in packed form name by number instead of by text: clusters, in 19 bits, and policies, each with the
 * service that goes with it, in 8.
 */
export class PackIds {
  readonly clusters = new Numbers('cluster', 1 << 19)
  readonly #styles = new Numbers('policy', 1 << 8)
  readonly #read: (AppStyle | undefined)[] = []

  /** The number of a policy and a service, a new one for what has none yet; undefined when all are given. */
  styleNumber({ policy, service }: AppStyle): number | undefined {
    return this.#styles.numberOf(service === undefined ? policy : textOfStyle(policy, service))
  }

  /** What a number that `styleNumber` gave stands for. */
  styleOf(number: number): AppStyle {
    return (this.#read[number] ??= styleOfText(this.#styles.textOf(number)))
  }
}

/** What many apps have in common. */
export interface AppStyle {
  /** As text. */
  readonly policy: string
  readonly service?: Service | undefined
}

/** Stands in no policy: those that are written down are JSON on one line. */
const SEPARATOR = '\n'

function textOfStyle(policy: string, { alpn, port, https, srv }: Service): string {
  return `${policy}${SEPARATOR}${JSON.stringify({ alpn, port, https, srv })}`
}

function styleOfText(text: string): AppStyle {
  const at = text.indexOf(SEPARATOR)
  if (at === -1) return { policy: text }
  const service = serviceSchema.parse(JSON.parse(text.slice(at + 1)))
  return { policy: text.slice(0, at), service }
}

/** Texts as small numbers, in the order in which they were first met. */
class Numbers {
  readonly #what: string
  readonly #max: number
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(what: string, max: number) {
    this.#what = what
    this.#max = max
  }

  /** The number of a text, a new one for a text that has none yet; undefined when all are given. */
  numberOf(text: string): number | undefined {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      if (this.#texts.length >= this.#max) return undefined
      number = this.#texts.length
      this.#numbers.set(text, number)
      this.#texts.push(text)
    }
    return number
  }

  /** The text of a number that `numberOf` gave. */
  textOf(number: number): string {
    const text = this.#texts[number]
    if (text === undefined) throw new RangeError(`${this.#what} number ${number} was never given`)
    return text
  }
}
