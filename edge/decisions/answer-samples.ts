/** Who takes a sample of the answers that are given. */
export interface AnswerSamples {
  /** From one sample of a thread to the next at least, in ms. */
  readonly everyMs: number
  /** Takes an answer and the address that it went to; the buffer is not kept. */
  readonly take: (answer: Uint8Array, address: string) => void
}
