/** The wait of a `stop` for what is in flight: ended by the last answer, an abort or its deadline. */
export class Drain {
  #ended = false
  #wake: (() => void) | undefined

  /** Resolves when `end` is called, or was called before, and at the latest after `ms`. */
  wait(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(deadline)
        resolve()
      }
    })
  }

  /** Ends the wait; again does nothing. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }
}
