import { expect, it } from 'vitest'
import { redact } from './redact.ts'

it.each([
  ['a token', { token: 'abc' }, { token: '[redacted]' }],
  [
    'a password deep inside',
    { sasl: { username: 'u', password: 'p' } },
    { sasl: { username: 'u', password: '[redacted]' } },
  ],
  [
    'headers',
    { headers: { 'X-Key': 'k', Accept: 'a' } },
    { headers: { 'X-Key': '[redacted]', Accept: '[redacted]' } },
  ],
  [
    'a user of a URL',
    { detail: 'POST https://u:p@cloud.test/x failed' },
    { detail: 'POST https://[redacted]@cloud.test/x failed' },
  ],
  [
    'the query of a URL',
    { terminateUrl: 'https://cloud.test/end?key=k' },
    { terminateUrl: 'https://cloud.test/end?[redacted]' },
  ],
  ['the query of a path', { check: { path: '/up?key=k' } }, { check: { path: '/up?[redacted]' } }],
  [
    'nothing else',
    [{ app: 'video.example.', ports: [443], path: '/up', none: null }],
    [{ app: 'video.example.', ports: [443], path: '/up', none: null }],
  ],
])('takes out %s', (_what, value, expected) => {
  expect(redact(value)).toEqual(expected)
})
