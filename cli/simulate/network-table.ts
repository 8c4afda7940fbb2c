import { parsePrefix } from '../../shared/geo/prefix.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import { continentOf } from '../../shared/geo/continents.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ClientPlace } from './engine.ts'

/** The networks of one length of prefix, by the bits that count. */
interface Length {
  readonly bits: number
  readonly networks: Map<number | string, Network>
}

/** Finds the network that a client is in: the one with the longest prefix around it. */
export class NetworkTable {
  /** The longest first. */
  readonly #lengths: Readonly<Record<4 | 6, readonly Length[]>>

  constructor(networks: readonly Network[]) {
    const byLength = { 4: new Map<number, Length>(), 6: new Map<number, Length>() }
    for (const network of networks) {
      for (const text of network.prefixes) {
        const parsed = parsePrefix(text)
        if (!parsed.ok) continue
        const { family, bits, words } = parsed.prefix
        const length = byLength[family].get(bits) ?? { bits, networks: new Map() }
        length.networks.set(keyOf(words, bits), network)
        byLength[family].set(bits, length)
      }
    }
    const sorted = (family: 4 | 6): readonly Length[] =>
      [...byLength[family].values()].sort((a, b) => b.bits - a.bits)
    this.#lengths = { 4: sorted(4), 6: sorted(6) }
  }

  /** The network that holds all of a prefix; undefined where none does. */
  find({ family, words, bits }: Prefix): Network | undefined {
    for (const length of this.#lengths[family]) {
      if (length.bits > bits) continue
      const network = length.networks.get(keyOf(words, length.bits))
      if (network !== undefined) return network
    }
    return undefined
  }
}

/** The first bits of an address: a number for IPv4, text for IPv6. */
function keyOf(words: readonly number[], bits: number): number | string {
  const masked = words.map((word, i) => {
    const kept = Math.min(Math.max(bits - i * 32, 0), 32)
    // A shift by 32 is one by 0.
    return kept === 0 ? 0 : (word & (0xffff_ffff << (32 - kept))) >>> 0
  })
  return masked.length === 1 ? (masked[0] ?? 0) : masked.join()
}

/**
 * A client as a prefix: an address is one of full length. Undefined for what is neither.
 * RFC 4291 §2.5.5.2: an IPv4-mapped address is one of IPv4.
 */
export function clientPrefix(text: string): Prefix | undefined {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text
  const full = ipv4.includes('/') ? ipv4 : `${ipv4}/${ipv4.includes(':') ? 128 : 32}`
  const parsed = parsePrefix(full)
  return parsed.ok ? parsed.prefix : undefined
}

/** Where the clients of a network are: what it says of itself goes over what its cluster says. */
export function placeOfNetwork(
  network: Network,
  clusters: ReadonlyMap<string, Cluster>,
): ClientPlace {
  const cluster = network.cluster === undefined ? undefined : clusters.get(network.cluster)
  const { latitude, longitude } = cluster ?? network
  const country = network.country ?? cluster?.country
  const region = network.region ?? cluster?.region
  const continent = network.continent ?? continentOf(country ?? '')
  return {
    ...(latitude !== undefined && longitude !== undefined && { latitude, longitude }),
    ...(country !== undefined && { country }),
    ...(region !== undefined && { region }),
    ...(continent !== undefined && { continent }),
    ...(network.asn !== undefined && { asn: network.asn }),
    network: network.id,
  }
}
