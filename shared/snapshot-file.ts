import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { systemClock, type Clock } from './clock.ts'
import { MeridianError, messageOf } from './errors.ts'

/*
 * A file of derived state: whatever can be made anew from elsewhere, kept so that a start is fast or
 * possible at all. One JSON value per line, between a header and a trailer that proves it whole:
 *
 *   {"kind":"…","formatVersion":1, …}          what it is, and facts about it
 *   …                                          the values
 *   {"count":2,"sha256":"…"}                   of the values; of every byte before this line
 *
 * It is written beside its place and renamed, so that a reader finds the old file or the new one.
 */

/** What stands in the first line: `kind` and `formatVersion` say who can read it, the rest is JSON of their own. */
export interface SnapshotHeader {
  readonly kind: string
  readonly formatVersion: number
  readonly [meta: string]: unknown
}

/** Takes the next value; says what is wrong with one that cannot be. */
export type TakeValue = (value: unknown) => string | undefined

/** What came of a snapshot file. A bad one is no error: what it holds can be made anew. */
export type SnapshotRead =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** `foreign`: of another kind or format, or refused by the one that read it. `damaged`: not what was written. */
      readonly reason: 'absent' | 'unreadable' | 'foreign' | 'damaged'
      /** What was found, with the path. */
      readonly detail: string
    }

/** The longest line, with its newline. */
const LINE_MAX_BYTES = 64 * 1024 * 1024
/** The longest file: what goes beyond it is no snapshot that a process could hold. */
const FILE_MAX_BYTES = 4 * 1024 * 1024 * 1024
/** Writes to one path at once: one that runs, the others wait for it. */
const WRITES_MAX = 4
/** A slice of writing ends after so much time or text, whichever comes first; one line is never split. */
const SLICE_MAX_MS = 2
const SLICE_MAX_CHARACTERS = 256 * 1024
/** What is read at once; a line may be longer. */
const CHUNK_BYTES = 1024 * 1024
/** More than the longest trailer. */
const TRAILER_MAX_BYTES = 256

const NEWLINE = 0x0a

// ---- writing ----

/** A value that is JSON already, on one line: for values that are many and cheaper to write as text. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Writes a snapshot file, and its folder where there is none; resolves when it is durable in its place.
 * Serving goes on meanwhile: every few milliseconds the event loop has its turn, so `lines` must give
 * the state of one moment by itself. Writes to the same path wait for each other; `lines` is not touched
 * before its turn. What an interrupted write has left is removed by the next one.
 * Rejects with the error of the file system or of `lines`, and with MERIDIAN_SNAPSHOT_INVALID when a
 * value is no JSON, a line or the file is too long, or too many writes wait; the old file then stays.
 */
export async function writeSnapshotFile(
  path: string,
  header: SnapshotHeader,
  lines: Iterable<unknown>,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<void> {
  const file = resolve(path)
  const queue = queues.get(file) ?? { tail: Promise.resolve(), length: 0 }
  if (queue.length >= WRITES_MAX) {
    throw invalid(
      file,
      `${queue.length} writes are under way already, at most ${WRITES_MAX} may be`,
    )
  }
  queue.length++
  queues.set(file, queue)
  const before = queue.tail
  const written = before.then(() => replaceFile(file, header, lines, clock))
  // The next one waits for the end of this one, however it ends.
  queue.tail = written.catch(() => undefined)
  try {
    await written
  } finally {
    queue.length--
    if (queue.length === 0) queues.delete(file)
  }
}

/** The writes under way, by path. */
const queues = new Map<string, { tail: Promise<void>; length: number }>()

async function replaceFile(
  file: string,
  header: SnapshotHeader,
  lines: Iterable<unknown>,
  clock: Clock,
): Promise<void> {
  const folder = dirname(file)
  const temporary = `${file}.tmp`
  await mkdir(folder, { recursive: true })
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx')
  try {
    try {
      await writeLines(handle, file, header, lines, clock)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (err) {
    // The first error is the one to show; the next write removes what this one cannot.
    await rm(temporary, { force: true }).catch(() => undefined)
    throw err
  }
  const folderHandle = await open(folder, 'r')
  try {
    await folderHandle.sync()
  } finally {
    await folderHandle.close()
  }
}

async function writeLines(
  handle: FileHandle,
  file: string,
  header: SnapshotHeader,
  lines: Iterable<unknown>,
  clock: Clock,
): Promise<void> {
  const digest = createHash('sha256')
  let count = 0
  let bytes = 0
  let text = encodeLine(file, header, 'the header')
  let sliceEndsAt = clock.nowMs() + SLICE_MAX_MS
  const flush = async (): Promise<void> => {
    const slice = Buffer.from(text)
    text = ''
    bytes += slice.length
    if (bytes > FILE_MAX_BYTES) {
      throw invalid(file, `it is longer than ${FILE_MAX_BYTES} bytes after ${count} values`)
    }
    digest.update(slice)
    await handle.appendFile(slice)
    await nextTurn()
    sliceEndsAt = clock.nowMs() + SLICE_MAX_MS
  }
  for (const value of lines) {
    count++
    text += encodeLine(file, value, `value ${count}`)
    if (text.length >= SLICE_MAX_CHARACTERS || clock.nowMs() >= sliceEndsAt) await flush()
  }
  await flush()
  await handle.appendFile(trailerOf(count, digest.digest('hex')))
}

function encodeLine(file: string, value: unknown, name: string): string {
  const json: string | undefined = value instanceof JsonText ? value.text : JSON.stringify(value)
  if (json === undefined) throw invalid(file, `${name} is ${typeof value}, a JSON value is wanted`)
  // Three bytes of UTF-8 at most for a unit: few lines have to be measured.
  if (json.length * 3 >= LINE_MAX_BYTES && Buffer.byteLength(json) >= LINE_MAX_BYTES) {
    throw invalid(file, `${name} is longer than ${LINE_MAX_BYTES} bytes`)
  }
  return `${json}\n`
}

function trailerOf(count: number, sha256: string): string {
  return `{"count":${count},"sha256":"${sha256}"}\n`
}

function invalid(file: string, reason: string): MeridianError {
  return new MeridianError('MERIDIAN_SNAPSHOT_INVALID', `${file}: the snapshot: ${reason}`)
}

// ---- reading ----

/** Who reads a snapshot file, and what for. */
export interface SnapshotReader {
  readonly kind: string
  readonly formatVersion: number
  /** Called with the header of a file of that kind and format: gives who takes the values, or what is wrong. */
  readonly begin: (header: SnapshotHeader) => TakeValue | string
}

/**
 * Reads a snapshot file and hands over value by value, so that none need be held twice. What was taken
 * counts only when this resolves with `ok`: then all of the file was found to be what was written.
 * Never rejects: whatever is wrong with the file is a value.
 */
export async function readSnapshotFile(
  path: string,
  wanted: SnapshotReader,
): Promise<SnapshotRead> {
  const file = resolve(path)
  try {
    // Before it is opened: opening a pipe would wait for somebody to write.
    if (!(await stat(file)).isFile()) return bad('unreadable', `${file}: it is not a file`)
    const handle = await open(file, 'r')
    try {
      return await readLines(handle, file, wanted)
    } finally {
      await handle.close()
    }
  } catch (err) {
    const isAbsent = err instanceof Error && 'code' in err && err.code === 'ENOENT'
    return bad(isAbsent ? 'absent' : 'unreadable', `${file}: ${messageOf(err)}`)
  }
}

/** Reads the trailer first: then the rest is one run of lines, and all of it goes into the checksum. */
async function readLines(
  handle: FileHandle,
  file: string,
  wanted: SnapshotReader,
): Promise<SnapshotRead> {
  const damaged = (detail: string): SnapshotRead => bad('damaged', `${file}: ${detail}`)
  const { size } = await handle.stat()
  if (size > FILE_MAX_BYTES) {
    return bad('unreadable', `${file}: it has ${size} bytes, at most ${FILE_MAX_BYTES} are read`)
  }
  const trailer = await readTrailer(handle, size)
  if (trailer === undefined) return damaged('it does not end in a whole line after another one')

  const digest = createHash('sha256')
  const decoder = new LineDecoder(wanted)
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const end = size - Buffer.byteLength(trailer)
  for (let off = 0; off < end;) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, end - off), off)
    if (bytesRead === 0) return damaged(`it ends at byte ${off}, it had ${size} bytes`)
    const bytes = chunk.subarray(0, bytesRead)
    digest.update(bytes)
    const fault = decoder.decode(bytes)
    if (fault !== undefined) return damaged(fault)
    off += bytesRead
  }
  const { header, count } = decoder
  if (header === undefined) return damaged('it has no header')
  // Compared as text: of a file that is whole, every byte is known.
  const expected = trailerOf(count, digest.digest('hex'))
  if (trailer !== expected) {
    return damaged(
      `it ends in ${JSON.stringify(trailer)}, its lines give ${JSON.stringify(expected)}`,
    )
  }
  if (decoder.refusal !== undefined) return bad('foreign', `${file}: ${decoder.refusal}`)
  if (isWanted(header, wanted)) return { ok: true }
  return bad(
    'foreign',
    `${file}: it is ${JSON.stringify(header.kind)} in format ${header.formatVersion}, ` +
      `${JSON.stringify(wanted.kind)} in format ${wanted.formatVersion} is wanted`,
  )
}

/** Returns the last line, undefined when there is no whole one that follows another line. */
async function readTrailer(handle: FileHandle, size: number): Promise<string | undefined> {
  const tail = Buffer.alloc(Math.min(size, TRAILER_MAX_BYTES))
  const { bytesRead } = await handle.read(tail, 0, tail.length, size - tail.length)
  if (bytesRead < tail.length || tail.length < 2 || tail.at(-1) !== NEWLINE) return undefined
  const before = tail.lastIndexOf(NEWLINE, tail.length - 2)
  // As Latin-1 every byte is one character: as long as the line, and different where it is.
  return before === -1 ? undefined : tail.toString('latin1', before + 1)
}

const headerSchema = z.looseObject({ kind: z.string(), formatVersion: z.int() })

function isWanted(
  header: SnapshotHeader,
  wanted: Pick<SnapshotReader, 'kind' | 'formatVersion'>,
): boolean {
  return header.kind === wanted.kind && header.formatVersion === wanted.formatVersion
}

/** Makes values of chunks of bytes. Values of a file that is refused are counted, not decoded. */
class LineDecoder {
  header: SnapshotHeader | undefined
  /** What the one that reads has found wrong: it takes no more then. */
  refusal: string | undefined
  count = 0
  readonly #wanted: SnapshotReader
  #take: TakeValue | undefined
  /** The line that the last chunks have begun. */
  #begun: Buffer[] = []
  #begunBytes = 0

  constructor(wanted: SnapshotReader) {
    this.#wanted = wanted
  }

  /** Takes the next bytes, which may be overwritten afterwards; returns what is wrong with them. */
  decode(bytes: Buffer): string | undefined {
    const last = bytes.lastIndexOf(NEWLINE)
    let fault: string | undefined
    if (last !== -1) {
      // A newline is never part of another character in UTF-8, so whole lines are whole text.
      const text = Buffer.concat([...this.#begun, bytes.subarray(0, last)]).toString('utf8')
      this.#begun = []
      this.#begunBytes = 0
      fault = this.#decodeLines(text.split('\n'))
    }
    const rest = bytes.subarray(last + 1)
    this.#begun.push(Buffer.from(rest))
    this.#begunBytes += rest.length
    if (this.#begunBytes >= LINE_MAX_BYTES) return `a line has more than ${LINE_MAX_BYTES} bytes`
    return fault
  }

  #decodeLines(lines: readonly string[]): string | undefined {
    for (const line of lines) {
      try {
        if (this.header === undefined) {
          const header = headerSchema.safeParse(JSON.parse(line))
          if (!header.success) return 'its first line is not the header of a snapshot'
          this.#begin(header.data)
        } else {
          this.count++
          if (this.#take !== undefined) this.#refuse(this.#take(JSON.parse(line)))
        }
      } catch (err) {
        return `line ${this.count + 1} is not JSON: ${messageOf(err)}`
      }
    }
    return undefined
  }

  #begin(header: SnapshotHeader): void {
    this.header = header
    if (!isWanted(header, this.#wanted)) return
    const take = this.#wanted.begin(header)
    if (typeof take === 'string') this.#refuse(take)
    else this.#take = take
  }

  #refuse(reason: string | undefined): void {
    if (reason === undefined) return
    this.refusal = reason
    this.#take = undefined
  }
}

function bad(
  reason: 'absent' | 'unreadable' | 'foreign' | 'damaged',
  detail: string,
): SnapshotRead {
  return { ok: false, reason, detail }
}
