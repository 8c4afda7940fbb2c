/**
 * Rendezvous hashing: each pair of an edge and an endpoint has a rank of its own, and the edges of the
 * highest rank have the endpoint. An edge that comes or goes changes no rank of another pair, so only
 * what it wins or held moves. Strings are hashed once, a pair costs a few multiplications.
 */

/** The hash of a string, 32 bits unsigned; to be kept, not to be made for each pair. */
export function hashText(text: string): number {
  // FNV-1a over UTF-16 units, then mixed: ids differ in a letter, and all bits have to.
  let hash = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  }
  return mix(hash)
}

/** The rank of a pair of hashes, 32 bits unsigned. */
export function rankOf(edgeHash: number, endpointHash: number): number {
  return mix(edgeHash ^ Math.imul(endpointHash, 0x9e37_79b1))
}

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
