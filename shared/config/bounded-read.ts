import { closeSync, openSync, readSync } from 'node:fs'

export type BoundedRead =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly wanted: string }

/**
 * Reads a UTF-8 file of at most `maxBytes`. The bound holds for pipes and devices too, whose size is
 * not known before. `wanted` of a refusal is half a sentence: "does not exist".
 */
export function readBounded(file: string, maxBytes: number): BoundedRead {
  let bytes: Buffer | undefined
  try {
    bytes = readBytes(file, maxBytes)
  } catch (err) {
    return { ok: false, wanted: reasonOf(err) }
  }
  if (bytes === undefined) {
    return { ok: false, wanted: `is larger than ${formatBytes(maxBytes)}` }
  }
  return decodeUtf8(bytes)
}

/** Decodes UTF-8 strictly: a file in another encoding is refused instead of changed. */
export function decodeUtf8(bytes: Uint8Array): BoundedRead {
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { ok: false, wanted: 'is not UTF-8 text' }
  }
}

/** Writes a bound as people read it: `16 MiB`, `64 KiB`. */
export function formatBytes(bytes: number): string {
  const mebibytes = bytes / (1024 * 1024)
  return mebibytes >= 1 ? `${mebibytes} MiB` : `${bytes / 1024} KiB`
}

/** Returns undefined when there is more than `maxBytes`. */
function readBytes(file: string, maxBytes: number): Buffer | undefined {
  const fd = openSync(file, 'r')
  try {
    const chunks: Buffer[] = []
    let length = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(64 * 1024)
      const count = readSync(fd, chunk)
      if (count === 0) return Buffer.concat(chunks, length)
      chunks.push(chunk.subarray(0, count))
      length += count
      if (length > maxBytes) return undefined
    }
  } finally {
    closeSync(fd)
  }
}

function reasonOf(err: unknown): string {
  const code = err instanceof Error && 'code' in err ? err.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EISDIR') return 'is a directory, a file is wanted'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read: permission denied'
  return `could not be read: ${typeof code === 'string' ? code : String(err)}`
}
