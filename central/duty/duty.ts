import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import type { Bulletin } from './bulletin.ts'

/** A central that is silent for so long is gone; as long a new one listens before it takes the duty. */
const SILENCE_MS = 5_000

interface Other {
  heardAt: number
  claims: boolean
}

/**
 * Finds the one central that has the duty: that lets what time and reports bring about into the log. The
 * one that has it keeps it; when nobody says to have it, the lowest id of those that live takes it, and of
 * two the lower one. For a moment there may be two or none: the log takes each event once, and what is
 * put off is done a little later.
 */
export class Duty {
  readonly #bulletin: Bulletin
  readonly #clock: Clock
  readonly #logger: Logger
  /** By id; this central too, once it has heard itself. */
  readonly #centrals = new Map<string, Other>()
  #listeningSince = Infinity
  #isOn = false

  constructor(parts: { bulletin: Bulletin; clock: Clock; logger: Logger }) {
    this.#bulletin = parts.bulletin
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#bulletin.onNote((from, note) => {
      if (note.kind === 'beat') this.#hear(from, note.claims)
      if (note.kind === 'left') this.#centrals.delete(from)
    })
  }

  /** Whether this central has the duty. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Centrals that live, this one too. */
  get centrals(): ReadonlySet<string> {
    return new Set(this.#centrals.keys())
  }

  /** This central ends: nobody has to wait until it is missed. */
  leave(): void {
    this.#isOn = false
    this.#bulletin.post({ kind: 'left' })
  }

  /** Says that this central lives, and looks who else does; to be called each second. */
  tick(): void {
    const now = this.#clock.nowMs()
    for (const [id, { heardAt }] of this.#centrals) {
      if (now - heardAt >= SILENCE_MS) this.#centrals.delete(id)
    }
    this.#decide(now)
    this.#bulletin.post({ kind: 'beat', claims: this.#isOn })
  }

  #hear(from: string, claims: boolean): void {
    const now = this.#clock.nowMs()
    if (from === this.#bulletin.id && !this.#centrals.has(from)) this.#listeningSince = now
    this.#centrals.set(from, { heardAt: now, claims })
    this.#decide(now)
  }

  #decide(now: number): void {
    const { id } = this.#bulletin
    const wasOn = this.#isOn
    const claiming = [...this.#centrals].filter(([other, { claims }]) =>
      // Of itself it knows better than its last beat.
      other === id ? wasOn : claims,
    )
    const hasListened = now - this.#listeningSince >= SILENCE_MS
    const candidates = claiming.length > 0 ? claiming : hasListened ? [...this.#centrals] : []
    const [holder] = candidates.map(([other]) => other).sort()
    // Who does not hear itself is cut off, whatever it knows of the others.
    this.#isOn = holder === id && this.#centrals.has(id)
    if (this.#isOn === wasOn) return
    const centrals = this.#centrals.size
    this.#logger.info({ centrals }, this.#isOn ? 'this central has the duty' : 'the duty is over')
  }
}
