/** Asks again and again, one question at a time, and keeps what came. */
export class SteadyLoad {
  readonly #answers: { readonly askedAt: number; readonly answer: string }[] = []
  /** Why questions were not answered. */
  readonly unanswered: string[] = []
  #isOver = false
  readonly #done: Promise<void>

  /** `ask` rejects where no answer comes. */
  constructor(ask: () => Promise<string>) {
    this.#done = this.#run(ask)
  }

  /** The answers to questions that were asked later than that, by `performance.now()`. */
  answersSince(at: number): readonly string[] {
    return this.#answers.flatMap(({ askedAt, answer }) => (askedAt > at ? [answer] : []))
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#done
  }

  async #run(ask: () => Promise<string>): Promise<void> {
    while (!this.#isOver) {
      const askedAt = performance.now()
      try {
        this.#answers.push({ askedAt, answer: await ask() })
      } catch (err) {
        this.unanswered.push(String(err))
      }
    }
  }
}
