import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { messageOf } from '../errors.ts'
import type { OpenedSource, OpenInclude, Source } from './source.ts'

/** How much of a file is in memory at a time. */
const CHUNK_BYTES = 65_536

/** A file on this machine, `file` in messages. Its chunks throw when it cannot be read; memory of a chunk is used again. */
export function fileSource(path: string, file = path): Source {
  return { file, chunks: { [Symbol.iterator]: () => chunksOf(path) } }
}

function* chunksOf(path: string): Generator<Uint8Array, void> {
  const fd = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
      yield chunk.subarray(0, read)
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Creates what opens the files that `$INCLUDE` names: relative to the folder of the file that has it. When
 * `elsewhere` is refused, they are within the folder of `root`, links followed, and no path is absolute.
 * Paths of files are relative to `cwd`.
 */
export function createIncludes(
  root: string,
  { elsewhere, cwd }: { readonly elsewhere: 'allowed' | 'refused'; readonly cwd: string },
): OpenInclude {
  const folder = dirname(resolve(cwd, root))
  const refusal = { ok: false, reason: 'is outside of the folder of the zone file' } as const
  return (path, from) => {
    if (path.includes('\0')) return { ok: false, reason: 'is not a path' }
    if (elsewhere === 'allowed')
      return open(isAbsolute(path) ? path : join(dirname(from), path), cwd)
    if (isAbsolute(path)) {
      return { ok: false, reason: `is absolute: a path relative to ${dirname(from)} is wanted` }
    }
    const file = join(dirname(from), path)
    const target = resolve(cwd, file)
    // Before it is looked at, so that nothing is told of files elsewhere; links can only be followed after.
    if (!isWithin(target, folder)) return refusal
    const opened = open(file, cwd)
    return opened.ok && !isWithin(realpathSync(target), realpathSync(folder)) ? refusal : opened
  }
}

function open(file: string, cwd: string): OpenedSource {
  const path = resolve(cwd, file)
  try {
    // Not opened for this: a pipe would wait for its writer.
    if (!statSync(path).isFile()) return { ok: false, reason: 'is not a file' }
    accessSync(path, constants.R_OK)
    return { ok: true, source: fileSource(path, file) }
  } catch (err) {
    return { ok: false, reason: `cannot be read: ${messageOf(err)}` }
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
