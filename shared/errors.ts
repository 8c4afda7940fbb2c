/**
 * Every error code that Meridian can show. A code is never reused and never changes its meaning;
 * `docs/reference/errors.md` explains each one (a test holds the two lists together).
 */
export const errorCodes = [
  'MERIDIAN_CONFIG_INVALID',
  'MERIDIAN_CONFIG_UNREADABLE',
  'MERIDIAN_MANIFEST_INVALID',
  'MERIDIAN_LOG_FOREIGN',
  'MERIDIAN_LOG_DAMAGED',
  'MERIDIAN_LOG_CONFLICT',
  'MERIDIAN_LOG_UNAVAILABLE',
  'MERIDIAN_LOG_READ_ONLY',
  'MERIDIAN_LOG_UNANSWERED',
  'MERIDIAN_AUDIT_UNAVAILABLE',
  'MERIDIAN_SNAPSHOT_INVALID',
  'MERIDIAN_LISTEN_FAILED',
  'MERIDIAN_CLUSTER_UNKNOWN',
  'MERIDIAN_CENTRAL_UNREACHABLE',
  'MERIDIAN_CENTRAL_INVALID',
  'MERIDIAN_REQUEST_FAILED',
  'MERIDIAN_USAGE',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** The one error class: a stable code beside a message that says what, the value, what is wanted. */
export class MeridianError extends Error {
  override readonly name = 'MeridianError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Returns the message of anything that was thrown. */
export function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/** Marks the end of a switch over a closed set. Throws when a value outside of it arrives. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${String(value)}`)
}
