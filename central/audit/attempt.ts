/** An attempt to change something, as it is kept beside the log. */
export interface Attempt {
  /** Wall clock, ms since 1970. */
  readonly atEpoch: number
  /**
   * The version that it led to, where it was accepted; else the version of the state that it met, after
   * which it has its place among the changes.
   */
  readonly version: number
  /** Name of the token; empty where none was known. */
  readonly actor: string
  /** Address that the request came from; forwarding headers are not believed. */
  readonly origin: string
  /** Id of the request: the cause of the change that it led to. */
  readonly cause: string
  readonly method: string
  /** Path without the query. */
  readonly path: string
  /** HTTP status of the answer. */
  readonly status: number
  /** The rule of the model that was broken; empty where it was another reason. */
  readonly code: string
  /** Why it was refused, in words that hold nothing of the body; empty where it was accepted. */
  readonly detail: string
}

/** An attempt with its place among those of the same version. */
export interface KeptAttempt extends Attempt {
  readonly id: number
}

/** Attempts with a status from here on were refused. */
export const STATUS_REFUSED = 400
