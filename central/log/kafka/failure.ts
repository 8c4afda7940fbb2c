import { messageOf } from '../../../shared/errors.ts'

/** Longest text that a failure is told in. */
const TEXT_MAX = 500
/** Errors that were thrown because of errors hold them as `errors` or `cause`; so deep is looked. */
const DEPTH_MAX = 8
/** What brokers say to a user whom they do not know, or who may not do what central has to. */
const REFUSALS = [
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]

/** Whether Kafka answered with an error of this name, such as OFFSET_OUT_OF_RANGE. */
export function isKafkaError(err: unknown, id: string): boolean {
  return rootsOf(err, 0).some((root) => idOf(root) === id)
}

/** Whether the brokers answer, and do not take the user, or do not let it do what it has to. */
export function isRefused(err: unknown): boolean {
  return REFUSALS.some((id) => isKafkaError(err, id))
}

/** Says why a request to Kafka failed: what lies at the bottom of what was thrown, each once. */
export function describeFailure(err: unknown): string {
  const texts = rootsOf(err, 0).map((root) => {
    const id = idOf(root)
    return id === undefined ? messageOf(root) : `${id}: ${messageOf(root)}`
  })
  return [...new Set(texts)].join(', ').slice(0, TEXT_MAX)
}

function rootsOf(err: unknown, depth: number): readonly unknown[] {
  if (depth < DEPTH_MAX && err instanceof AggregateError && err.errors.length > 0) {
    return err.errors.flatMap((inner: unknown) => rootsOf(inner, depth + 1))
  }
  if (depth < DEPTH_MAX && err instanceof Error && err.cause instanceof Error) {
    return rootsOf(err.cause, depth + 1)
  }
  return [err]
}

function idOf(err: unknown): string | undefined {
  return err instanceof Error && 'apiId' in err && typeof err.apiId === 'string'
    ? err.apiId
    : undefined
}
