import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for the data of one bench; removed by `remove`, or when the bench ends before that. */
export class BenchFolder {
  readonly #path = mkdtempSync(join(tmpdir(), 'meridian-bench-'))

  readonly #onExit = (): void => rmSync(this.#path, { recursive: true, force: true })

  constructor() {
    process.once('exit', this.#onExit)
  }

  path(...names: readonly string[]): string {
    return join(this.#path, ...names)
  }

  /** Writes a file and returns its path. A value that is no text is written as JSON, which is YAML. */
  write(name: string, value: unknown): string {
    const file = this.path(name)
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    return file
  }

  /** Size of a file in bytes. */
  sizeOf(...names: readonly string[]): number {
    return statSync(this.path(...names)).size
  }

  /** Removes a file or a folder in it, when it is there. */
  clear(...names: readonly string[]): void {
    rmSync(this.path(...names), { recursive: true, force: true })
  }

  /** Removes the whole. */
  remove(): void {
    process.off('exit', this.#onExit)
    this.#onExit()
  }
}
