import ipaddr from 'ipaddr.js'

/** The address that a message came from, in octets that need not be its own. */
export class Sender {
  /** This and the others: as of `read`, where the address was given in text. */
  family: 4 | 6 = 4
  /** 4 or 16 octets from `at` on, in network order. */
  octets: Uint8Array = nowhere
  at = 0
  #text: string | undefined

  /** Takes the octets of another's memory. Allocates nothing. */
  set(octets: Uint8Array, at: number, family: 4 | 6): this {
    this.#text = undefined
    this.octets = octets
    this.at = at
    this.family = family
    return this
  }

  /** Takes an address in text, which `read` reads: of most queries it is of no account. */
  setText(address: string): this {
    this.#text = address
    return this
  }

  /** Before the octets are looked at: reads an address that is there in text. */
  read(): void {
    const text = this.#text
    if (text === undefined) return
    // One that is none is unknown: 0.0.0.0.
    const octets = ipaddr.isValid(text)
      ? Uint8Array.from(ipaddr.parse(text).toByteArray())
      : nowhere
    this.set(octets, 0, octets === nowhere || octets.length === 4 ? 4 : 6)
  }
}

const nowhere = new Uint8Array(16)
