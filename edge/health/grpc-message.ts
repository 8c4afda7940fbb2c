/**
 * The two messages of grpc.health.v1 Health/Check and their framing, in the few octets that they are:
 *
 *     message HealthCheckRequest { string service = 1; }
 *     message HealthCheckResponse { ServingStatus status = 1; }   // 1: SERVING
 *
 * Each goes behind a flag (compressed: 1) and its length in four octets.
 */

const FRAME_HEAD_BYTES = 5
/** Field 1, of the wire type for octets. */
const TAG_SERVICE = 0x0a
/** Field 1, of the wire type for a varint. */
const TAG_STATUS = 0x08
const WIRE_VARINT = 0
const WIRE_64_BIT = 1
const WIRE_OCTETS = 2
const WIRE_32_BIT = 5

const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const

/** What a server says of itself or of a service. */
export type ServingStatus = (typeof servingStatuses)[number]

/** Encodes a request with its frame. */
export function encodeHealthRequest(service: string): Buffer {
  const octets = Buffer.from(service)
  // proto3: a field that has its default is not written.
  const message =
    octets.length === 0
      ? octets
      : Buffer.concat([Buffer.from([TAG_SERVICE]), encodeVarint(octets.length), octets])
  const head = Buffer.alloc(FRAME_HEAD_BYTES)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Decodes a frame with a response; undefined when it is not one, or is compressed. */
export function decodeHealthResponse(frame: Buffer): ServingStatus | undefined {
  if (frame.length < FRAME_HEAD_BYTES || frame[0] !== 0) return undefined
  if (frame.readUInt32BE(1) !== frame.length - FRAME_HEAD_BYTES) return undefined
  let status = 0
  let off = FRAME_HEAD_BYTES
  while (off < frame.length) {
    const tag = readVarint(frame, off)
    if (tag === undefined) return undefined
    const end = endOfField(frame, tag.end, tag.value & 7)
    if (end === undefined || end > frame.length) return undefined
    if (tag.value === TAG_STATUS) status = readVarint(frame, tag.end)?.value ?? 0
    off = end
  }
  return servingStatuses[status] ?? 'UNKNOWN'
}

/** Where the field ends whose value begins at `off`; fields that are not known are passed over. */
function endOfField(frame: Buffer, off: number, wireType: number): number | undefined {
  switch (wireType) {
    case WIRE_VARINT:
      return readVarint(frame, off)?.end
    case WIRE_64_BIT:
      return off + 8
    case WIRE_OCTETS: {
      const length = readVarint(frame, off)
      return length === undefined ? undefined : length.end + length.value
    }
    case WIRE_32_BIT:
      return off + 4
    default:
      return undefined
  }
}

function encodeVarint(value: number): Buffer {
  const octets: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push((rest % 0x80) | 0x80)
  return Buffer.from([...octets, rest])
}

/** Reads a varint of up to five octets, which is more than a length or a status needs. */
function readVarint(
  frame: Buffer,
  off: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let i = 0; i < 5; i++) {
    const octet = frame[off + i]
    if (octet === undefined) return undefined
    value += (octet & 0x7f) * 0x80 ** i
    if (octet < 0x80) return { value, end: off + i + 1 }
  }
  return undefined
}
