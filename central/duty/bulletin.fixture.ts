import type { Bulletin } from './bulletin.ts'
import type { Note } from './notes.ts'

type NoteListener = (from: string, note: Note) => void

/** Bulletins that hear each other at once, but those that are cut off. */
export class TestHub {
  readonly bulletins: TestBulletin[] = []

  add(id: string): TestBulletin {
    const bulletin = new TestBulletin(id.padStart(16, '0'), this)
    this.bulletins.push(bulletin)
    return bulletin
  }

  tell(from: TestBulletin, note: Note): void {
    for (const bulletin of this.bulletins) bulletin.hear(from.id, note)
  }
}

/** One of them. */
export class TestBulletin implements Bulletin {
  readonly id: string
  dropped = 0
  readonly #hub: TestHub
  readonly #noteListeners: NoteListener[] = []
  readonly #reachedListeners: (() => void)[] = []
  #isCutOff = false

  constructor(id: string, hub: TestHub) {
    this.id = id
    this.#hub = hub
  }

  async start(): Promise<void> {
    this.reach()
  }

  async stop(): Promise<void> {
    this.cutOff()
  }

  post(note: Note): void {
    if (this.#isCutOff) this.dropped++
    else this.#hub.tell(this, note)
  }

  onNote(listener: NoteListener): void {
    this.#noteListeners.push(listener)
  }

  onReached(listener: () => void): void {
    this.#reachedListeners.push(listener)
  }

  hear(from: string, note: Note): void {
    if (this.#isCutOff) return
    for (const listener of this.#noteListeners) listener(from, note)
  }

  cutOff(): void {
    this.#isCutOff = true
  }

  reach(): void {
    this.#isCutOff = false
    this.post({ kind: 'joined' })
    for (const listener of this.#reachedListeners) listener()
  }
}
