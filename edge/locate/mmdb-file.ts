import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Reader } from 'maxmind'
import type { Response } from 'maxmind'
import { formatBytes } from '../../shared/config/bounded-read.ts'
import { messageOf } from '../../shared/errors.ts'
import { MmdbCache } from './mmdb-cache.ts'

/** An mmdb file that was opened. */
export interface OpenMmdb {
  readonly reader: Reader<Response>
  /** That of the reader. */
  readonly cache: MmdbCache
  /** When the file was built, as it says; 0: it does not. */
  readonly buildEpochMs: number
}

export type OpenedMmdb =
  { readonly ok: true; readonly file: OpenMmdb } | { readonly ok: false; readonly reason: string }

/** MaxMind DB format 2.0, "Database Metadata": it stands behind this, within the last 128 KiB. */
const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
/** How far from the end of the file metadata may begin. */
const METADATA_MAX_BYTES = 128 * 1024
/** Between the tree and the data. */
const SEPARATOR_BYTES = 16

/**
 * Opens an mmdb file of at most `maxBytes`, and checks what its metadata says. The reason of a refusal
 * is half a sentence: "is empty". Reads it whole, and without yielding: for a thread of its own.
 */
export function openMmdb(file: string, maxBytes: number): OpenedMmdb {
  let bytes: Buffer | string
  try {
    bytes = readFile(file, maxBytes)
  } catch (err) {
    return refuse(reasonOf(err))
  }
  return typeof bytes === 'string' ? refuse(bytes) : open(bytes)
}

function open(bytes: Buffer): OpenedMmdb {
  if (bytes.length === 0) return refuse('is empty')
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return refuse('is compressed, the .mmdb file that is in it is wanted')
  }
  const tail = Math.max(0, bytes.length - METADATA_MAX_BYTES)
  const found = bytes.subarray(tail).lastIndexOf(METADATA_MARKER)
  if (found < 0) return refuse('is not an mmdb file, or was cut off: it has no metadata')
  const marker = tail + found
  const cache = new MmdbCache()
  let reader: Reader<Response>
  try {
    reader = new Reader<Response>(bytes, { cache })
  } catch (err) {
    return refuse(`has metadata that cannot be read: ${messageOf(err)}`)
  }
  const {
    binaryFormatMajorVersion: version,
    ipVersion,
    nodeCount,
    searchTreeSize,
  } = reader.metadata
  if (version !== 2) return refuse(`has version ${version} of the mmdb format, 2 is wanted`)
  if (ipVersion !== 4 && ipVersion !== 6) {
    return refuse(`is of IP version ${ipVersion}, 4 or 6 is wanted`)
  }
  if (!(Number.isInteger(nodeCount) && nodeCount >= 1)) {
    return refuse(`has ${nodeCount} nodes, one at least is wanted`)
  }
  if (!(searchTreeSize + SEPARATOR_BYTES <= marker)) {
    return refuse(`was cut off: its tree has ${searchTreeSize} bytes, there are ${marker}`)
  }
  const buildEpochMs = reader.metadata.buildEpoch.getTime()
  const hasTime = Number.isFinite(buildEpochMs)
  return { ok: true, file: { reader, cache, buildEpochMs: hasTime ? buildEpochMs : 0 } }
}

/** The octets of a file, or why they are refused. */
function readFile(file: string, maxBytes: number): Buffer | string {
  // Not blocking: a pipe that nobody writes to must not hold the thread.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) return 'is not a file'
    if (stats.size > maxBytes) return `is larger than ${formatBytes(maxBytes)}`
    const bytes = Buffer.allocUnsafe(stats.size)
    let length = 0
    while (length < bytes.length) {
      const count = readSync(fd, bytes, length, bytes.length - length, null)
      if (count === 0) return 'became shorter while it was read'
      length += count
    }
    return bytes
  } finally {
    closeSync(fd)
  }
}

function refuse(reason: string): OpenedMmdb {
  return { ok: false, reason }
}

function reasonOf(err: unknown): string {
  const code = err instanceof Error && 'code' in err ? err.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read: permission denied'
  return `could not be read: ${typeof code === 'string' ? code : messageOf(err)}`
}
