import ipaddr from 'ipaddr.js'

/** The address that a message came from, in octets that need not be its own. */
export class Sender {
  family: 4 | 6 = 4
  /** 4 or 16 octets from `at` on, in network order. */
  octets: Uint8Array = nowhere
  at = 0

  /** Takes the octets of another's memory. Allocates nothing. */
  set(octets: Uint8Array, at: number, family: 4 | 6): this {
    this.octets = octets
    this.at = at
    this.family = family
    return this
  }

  /** Takes an address in text, without a zone. One that is none is taken to be unknown: 0.0.0.0. */
  setText(address: string): this {
    if (!ipaddr.isValid(address)) return this.set(nowhere, 0, 4)
    const octets = Uint8Array.from(ipaddr.parse(address).toByteArray())
    return this.set(octets, 0, octets.length === 4 ? 4 : 6)
  }
}

const nowhere = new Uint8Array(16)
