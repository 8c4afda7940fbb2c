/**
 * What is held of the round trip to one cluster.
 *
 * A round of measuring gives one sample, or fails. The samples go into an exponentially weighted mean,
 * which follows a step by a fifth in each round and takes a single odd sample for little. What others
 * are told, the *published* value, is not the mean but what it was at some time: a change makes answers
 * anew, so it has to be worth it. It changes when the mean has been off by more than 20 % and by more
 * than 2 ms in two rounds on end; it becomes the mean.
 *
 * The first value is published after five rounds: a single sample may be off itself, and what is
 * published by it would soon be changed again. (Samples that are the lesser of two, each off by up to
 * 15 % either way: published by the first sample, 5 of 100 clusters change in a day of 2,880 rounds;
 * by the third, 1 of 750; by the fifth, none of 3,000. Samples that are off by up to 9 %, in whatever
 * order, can never change anything: mean and published value both lie between 0.91 and 1.09 of the
 * true one, so the one is less than 1.2 times and more than 0.8 times the other.)
 *
 * How often it changes, whatever is measured: the mean *is* the published value when one is published,
 * so the two rounds that change it next are both later. Between two changes lie two rounds at least.
 */
export class Estimate {
  #mean = 0
  /** Samples in the mean, counted up to FIRST_ROUNDS. */
  #samples = 0
  #failures = 0
  /** Rounds on end in which the mean was off. */
  #offs = 0
  #published: number | undefined

  /** What others are to go by, in ms, in whole µs and above 0; undefined while nothing is known. */
  get published(): number | undefined {
    return this.#published
  }

  /** Whether there are too few samples for a value, so that more of them are wanted soon. */
  get isNew(): boolean {
    return this.#samples < FIRST_ROUNDS
  }

  /** Takes the sample of a round. */
  take(ms: number): void {
    this.#failures = 0
    this.#mean = this.#samples === 0 ? ms : this.#mean + ALPHA * (ms - this.#mean)
    if (this.#samples < FIRST_ROUNDS) this.#samples++
    if (this.#published === undefined) {
      if (!this.isNew) this.#publish()
      return
    }
    const offMs = Math.abs(this.#mean - this.#published)
    this.#offs = offMs > OFF_MIN_MS && offMs > OFF_SHARE * this.#published ? this.#offs + 1 : 0
    if (this.#offs === OFF_ROUNDS) this.#publish()
  }

  /** A round has failed; after FAILURES_MAX on end all is forgotten. */
  fail(): void {
    this.#failures++
    if (this.#failures < FAILURES_MAX) return
    this.#failures = 0
    this.#samples = 0
    this.#offs = 0
    this.#published = undefined
  }

  #publish(): void {
    this.#offs = 0
    // µs is what the mean is told in: to central, where 0 is that nothing is known.
    this.#published = Math.max(1, Math.round(this.#mean * 1_000)) / 1_000
  }
}

/** Rounds before the first value is published. */
export const FIRST_ROUNDS = 5
/** The weight of a sample in the mean. */
const ALPHA = 0.2
/** How far the mean is off to change what is published: by so great a part of it, */
const OFF_SHARE = 0.2
/** and by so many milliseconds; below, an own cluster at 0.1 ms would change all the time. */
const OFF_MIN_MS = 2
/** In so many rounds on end. */
export const OFF_ROUNDS = 2
/** Rounds on end that fail before the value is forgotten. */
const FAILURES_MAX = 5
