/** What both ends of EDNS (RFC 6891) share: sizes, and the options that both sides read. */

/**
 * The UDP payload size that Meridian offers and keeps to: what crosses every common path in one
 * fragment (an IPv6 packet of 1280 octets less its headers, DNS Flag Day 2020).
 */
export const EDNS_UDP_SIZE_BYTES = 1232
/** The largest UDP message without EDNS (RFC 1035 §4.2.1) and the least with it (RFC 6891 §6.2.3). */
export const UDP_SIZE_MIN_BYTES = 512
/** An OPT record without options: root owner, type, class, TTL, RDLENGTH (RFC 6891 §6.1.2). */
export const OPT_HEADER_BYTES = 11
/** The code and the length in front of the data of an option (RFC 6891 §6.1.2). */
export const OPTION_HEADER_BYTES = 4

/** FAMILY, SOURCE PREFIX-LENGTH and SCOPE PREFIX-LENGTH of a client subnet option (RFC 7871 §6). */
export const ECS_HEADER_BYTES = 4
/** FAMILY of a client subnet option (RFC 7871 §6). */
export const ECS_FAMILY_IPV4 = 1
/** FAMILY of a client subnet option (RFC 7871 §6). */
export const ECS_FAMILY_IPV6 = 2

/** One EDNS option; `data` is what follows the length field. */
export interface EdnsOption {
  readonly code: number
  readonly data: Buffer
}

/** An Extended DNS Error (RFC 8914 §2): the info-code and the text for humans, which may be empty. */
export interface ExtendedError {
  readonly code: number
  readonly text: string
}

/** Reads the options of an OPT record's rdata; undefined when a length does not fit. */
export function decodeOptions(rdata: Buffer): readonly EdnsOption[] | undefined {
  const options: EdnsOption[] = []
  let off = 0
  while (off < rdata.length) {
    if (off + OPTION_HEADER_BYTES > rdata.length) return undefined
    const end = off + OPTION_HEADER_BYTES + rdata.readUInt16BE(off + 2)
    if (end > rdata.length) return undefined
    const code = rdata.readUInt16BE(off)
    options.push({ code, data: rdata.subarray(off + OPTION_HEADER_BYTES, end) })
    off = end
  }
  return options
}

/** Writes options as the rdata of an OPT record. Throws when one is longer than its length field. */
export function encodeOptions(options: readonly EdnsOption[]): Buffer {
  return Buffer.concat(
    options.flatMap(({ code, data }) => {
      const header = Buffer.alloc(OPTION_HEADER_BYTES)
      header.writeUInt16BE(code, 0)
      header.writeUInt16BE(data.length, 2)
      return [header, data]
    }),
  )
}

/** Reads the data of an EDE option; undefined when it has no room for the info-code. */
export function decodeExtendedError(data: Buffer): ExtendedError | undefined {
  if (data.length < 2) return undefined
  // RFC 8914 §2: EXTRA-TEXT is UTF-8, "which may be null-terminated" by old implementations.
  const text = data.toString('utf8', 2)
  return { code: data.readUInt16BE(0), text: text.endsWith('\0') ? text.slice(0, -1) : text }
}
