import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Startable } from '../../shared/startable.ts'

/** A file is taken as written when it has been the same for so long. */
const STABLE_MS = 1_000
/** How often files are looked at where the system tells nothing: network file systems, symbolic links. */
const POLL_MS = 30_000

export interface FileWatchOptions {
  readonly files: readonly string[]
  /** Called at the start, and whenever a file is another one, is written, comes or goes. */
  readonly onChange: () => void
  readonly stableMs?: number
  readonly pollMs?: number
}

/**
 * Watches files, which may be replaced as a whole. It is their folders that are watched: what is renamed
 * over a file has not been watched before.
 */
export class FileWatch implements Startable {
  readonly #options: FileWatchOptions
  readonly #watchers = new Map<string, FSWatcher>()
  #timer: NodeJS.Timeout | undefined
  #poll: NodeJS.Timeout | undefined
  /** What the files were when `onChange` was called last. */
  #told: string | undefined
  /** What they were a moment ago, if that was something else. */
  #seen: string | undefined
  #checking: Promise<void> | undefined
  #isStopped = false

  constructor(options: FileWatchOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#poll = setInterval(() => {
      this.#watchFolders()
      this.#check()
    }, this.#options.pollMs ?? POLL_MS).unref()
    this.#watchFolders()
    this.#check()
    await this.#checking
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#poll)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
    await this.#checking
  }

  /** Watches what is not watched: a folder may come later. Where it cannot be, there is the poll. */
  #watchFolders(): void {
    for (const folder of new Set(this.#options.files.map((file) => dirname(file)))) {
      if (this.#watchers.has(folder)) continue
      try {
        // Whatever happens in the folder: a file may be a link to something beside it.
        const watcher = watch(folder, { persistent: false }, () => this.#checkSoon())
        const forget = (): void => {
          watcher.close()
          if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder)
        }
        watcher.on('error', forget)
        this.#watchers.set(folder, watcher)
      } catch {
        continue
      }
    }
  }

  /** However much happens, files are looked at once in a while. */
  #checkSoon(): void {
    if (this.#isStopped || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#check()
    }, this.#options.stableMs ?? STABLE_MS).unref()
  }

  #check(): void {
    this.#checking ??= this.#compare().finally(() => (this.#checking = undefined))
  }

  async #compare(): Promise<void> {
    const now = (await Promise.all(this.#options.files.map(describeFile))).join()
    if (this.#isStopped) return
    if (now === this.#told) {
      this.#seen = undefined
      return
    }
    if (this.#told !== undefined && now !== this.#seen) {
      this.#seen = now
      this.#checkSoon()
      return
    }
    this.#told = now
    this.#seen = undefined
    this.#options.onChange()
  }
}

/** A text that is another one whenever the file is. */
async function describeFile(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(file)
    return `${dev} ${ino} ${size} ${mtimeMs}`
  } catch (err) {
    return err instanceof Error && 'code' in err ? String(err.code) : 'unknown'
  }
}
