import { describe, expect, test } from 'vitest'
import { describeFailure, isKafkaError, isRefused } from './failure.ts'

/** An error as the client of Kafka throws them. */
function kafkaError(apiId: string, message: string): Error {
  return Object.assign(new Error(message), { apiId })
}

const refused = new AggregateError(
  [
    new AggregateError(
      [
        new Error('Connection to 192.0.2.1:9092 failed.', {
          cause: new AggregateError([kafkaError('SASL_AUTHENTICATION_FAILED', 'not you')], 'no'),
        }),
        new Error('timed out'),
        new Error('timed out'),
      ],
      'Cannot connect to any broker.',
    ),
  ],
  'Listing topics failed.',
)

describe('a failure of Kafka', () => {
  test.for<[unknown, string]>([
    [refused, 'SASL_AUTHENTICATION_FAILED: not you, timed out'],
    [new Error('plain'), 'plain'],
    ['no error at all', 'no error at all'],
    [new AggregateError([], 'nothing inside'), 'nothing inside'],
    [new Error('x'.repeat(1_000)), 'x'.repeat(500)],
  ])('is told by what lies at its bottom: %#', ([err, text]) => {
    expect(describeFailure(err)).toBe(text)
  })

  test('has the name that Kafka gave it, however deep it lies', () => {
    expect(isKafkaError(refused, 'SASL_AUTHENTICATION_FAILED')).toBe(true)
    expect(isKafkaError(refused, 'OFFSET_OUT_OF_RANGE')).toBe(false)
  })

  test('is a refusal when the brokers do not take the user', () => {
    expect(isRefused(refused)).toBe(true)
    expect(isRefused(kafkaError('TOPIC_AUTHORIZATION_FAILED', 'no'))).toBe(true)
    expect(isRefused(new Error('timed out'))).toBe(false)
  })
})
